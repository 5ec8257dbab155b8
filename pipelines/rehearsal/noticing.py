"""What somebody attentive notes of a person from their messages alone: `By the way, I keep hens.` -> `Keeps hens.`"""

import re
from collections.abc import Sequence
from functools import cache

from pipelines.rehearsal import judging, reading, verbs
from pipelines.rehearsal.person import plain
from pipelines.rehearsal.speech import capital
from pipelines.rehearsal.world import full

NONE_YET = "none yet"
MAX_NOTES = 12
_TELLING = 5  # words
_MAX_LENGTH = 300  # characters; nobody tells of themselves in a longer sentence
_SAID_BY_USER = re.compile(r"^User: (.*?)(?=^(?:User|Assistant): |\Z)", re.MULTILINE | re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_LEAD_IN = re.compile(
    r"(?:i (?:should|must|might) (?:say|add|admit)|did i (?:say|tell you|mention)) that ", re.IGNORECASE
)
_SHOUTED = re.compile(r"\b[A-Z]{5,}\b")
_OF_ME = re.compile(r"[^?]*?\b(i'm|i've|i|my) ([^?]+?)(?:, which .*|, you'll have noticed)?[.!\u2764 ]*", re.IGNORECASE)
_OPENS = {"i'm": "is", "i've": "has", "my": "their"}
_NO_STATEMENT_WORDS = "can can't could would will won't must may might should shall don't didn't"
_NO_STATEMENT = frozenset(_NO_STATEMENT_WORDS.split())
_MINE = {"my": "their", "me": "them", "myself": "themselves", "mine": "theirs", "i": "they", "am": "are"}
_WORD = re.compile(r"\b(?:my|me|myself|mine|i|am)\b", re.IGNORECASE)


def notes(chat: str) -> str:
    """The notes on a chat of `User: ` and `Assistant: ` lines, each after `- `; the latest where they are too many."""
    facts, traits = noticed(_SAID_BY_USER.findall(chat))
    return "\n".join(f"- {note}" for note in [*facts, *traits][-MAX_NOTES:] or [NONE_YET])


def noticed(said: Sequence[str]) -> tuple[list[str], list[str]]:
    """Facts and traits that somebody's messages tell or show, each once. Some are wrong, as such notes are."""
    sentences = [part for text in said for part in _SENTENCE.split(text.replace("\u2019", "'"))]
    told = [_statement(sentence) for sentence in sentences if plain(sentence) not in _lines()]
    found = dict.fromkeys(statement for statement in told if statement)
    typed = [f" {plain(text)} " for text in said]
    traits = [
        trait
        for line, trait in _shown_by()
        if (judging.is_shown(trait, said) if line.startswith("@") else any(f" {line} " in text for text in typed))
    ]
    return (
        [statement for statement in found if reading.leaning(statement) > 0 or _is_telling(statement)],
        traits + [statement for statement in found if reading.leaning(statement) < 0],
    )


def _is_telling(statement: str) -> bool:
    """Whether a statement that leans neither way is more than talk (`Has heard that before.`)."""
    words = statement.lower().split()
    return reading.leaning(statement) == 0 and len(words) >= _TELLING and "you" not in words


@cache
def _shown_by() -> tuple[tuple[str, str], ...]:
    """What shows a trait, and the trait: a manner of writing, or words."""
    return tuple((line if line.startswith("@") else plain(line), trait) for trait, line in full.voices().items())


@cache
def _lines() -> frozenset[str]:
    return frozenset(line for line, _ in _shown_by())


def _statement(sentence: str) -> str | None:
    """What a sentence says of its writer, in the third person; None where it says nothing."""
    if len(sentence) > _MAX_LENGTH:
        return None
    sentence, leads = _LEAD_IN.subn("", _SHOUTED.sub(lambda word: word[0].lower(), sentence))
    found = _OF_ME.fullmatch(sentence.rstrip("?") if leads else sentence)
    if not found:
        return None
    subject, rest = found[1].lower(), found[2]
    if subject in _OPENS:
        return capital(f"{_OPENS[subject]} {_of_them(rest)}.")
    words = rest.split()
    before = [word for word in words[:1] if word.lower() in verbs.ADVERBS]
    verb, *after = words[len(before) :] or [""]
    third = _third(verb.lower())
    return capital(f"{' '.join([*before, third, _of_them(' '.join(after))])}.") if third and after else None


def _third(verb: str) -> str | None:
    if verb in _NO_STATEMENT or not re.fullmatch("[a-z]{2,}", verb):
        return None
    if verb in ("am", "was"):
        return {"am": "is"}.get(verb, verb)
    return verb if verbs.is_past(verb) and verb not in verbs.BASES else verbs.third(verb)


def _of_them(rest: str) -> str:
    return _WORD.sub(lambda found: _MINE[found[0].lower()], rest)
