"""Statements said by somebody (`I keep hens`) or to somebody (`you keep hens`), and what two texts have in common."""

import re
from functools import cache
from typing import NamedTuple

from pipelines.rehearsal import verbs


class Voice(NamedTuple):
    """The words for the person a statement is about."""

    subject: str
    be: str
    was: str
    possessive: str
    object: str
    self: str


I = Voice("I", "I'm", "was", "my", "me", "myself")  # noqa: E741, that is its name
YOU = Voice("you", "you're", "were", "your", "you", "yourself")

_KIN = "wife|husband|mother|father|grandmother|grandfather|partner|girlfriend|boyfriend"
_HAS_KIN = re.compile(
    r"has an? ((?:[\w'-]+ ){0,2}?(?:wife|husband|son|daughter|brother|sister|flatmate|baby)) who (.+)"
)
_JOINED = re.compile(
    r"\b(and|but|or|then) ((?:[a-z]+ly |also |never |still |only |then |often |always |sometimes )?)"
    r"([a-z]+s)\b(?! of\b)(.?[\w'-]*)"
)
_STOP_WORDS = """
a an the and or but often of in on at to for from by with without as is are was were be been has have had does do
did it its that this these those who which what when where how i you he she they we me my your his her their them
him am im ive youre not no never once still also only just very more most than then so too about into over under
after before all any some each every one own years year old makes make made like likes thing things
"""
_STOP = frozenset(_STOP_WORDS.split())
_WORD = re.compile(r"[^\W_]+")


def said(statement: str, voice: Voice) -> str | None:
    """`Keeps eleven hens.` -> `I keep eleven hens`, without full stop; None where no rule finds the verb."""
    text = " ".join(statement.split()).rstrip(" .!")
    if belonging := re.match(r"(?:his|her|their) (.+)", text, re.IGNORECASE):
        return f"{voice.possessive} {_inside(belonging[1], voice)}"
    text = re.sub(r"^(?:he|she|they) (?='?\w)", "", text, flags=re.IGNORECASE)
    if kin := _HAS_KIN.fullmatch(text[:1].lower() + text[1:]):
        return f"{voice.possessive} {kin[1]} {_inside(kin[2], voice)}"
    adverbs, verb, rest = verbs.opening(text)
    if not verb:
        return None
    if aged := re.fullmatch(r"(\d+) (?:years old|years of age)", rest):
        rest = aged[1]
    before = "".join(f"{adverb.lower()} " for adverb in adverbs)
    past = verbs.is_past(verb) and not verbs.is_third(verb)
    rest = _inside(_joined(rest), voice)
    lower = verb.lower()
    if lower in ("is", "are"):
        return f"{voice.be} {before}{rest}".strip()
    if lower in ("was", "were"):
        return f"{voice.subject} {voice.was} {before}{rest}".strip()
    return f"{voice.subject} {before}{lower if past else verbs.base(lower)} {rest}".strip()


def _joined(rest: str) -> str:
    """Later verbs of the same subject: `shea nuts and sells the butter` -> `shea nuts and sell the butter`."""

    def plural(found: re.Match[str]) -> str:
        joint, adverb, verb, following = found.groups()
        if not verbs.is_third(verb) or (
            verb in verbs.AMBIGUOUS and not re.match(r" (?:a|the|in|on|it|them|for)\b", following)
        ):
            return found[0]
        return f"{joint} {adverb}{ {'is': 'am'}.get(verb, verbs.base(verb)) }{following}"

    if re.search(r"\b(?:who|that|which)\b", rest):
        return rest
    return _JOINED.sub(plural, rest)


def _inside(rest: str, voice: Voice) -> str:
    rest = re.sub(rf"\b(?:a (?=(?:{_KIN})\b)|the (?=\w+-in-law\b))(?!\w+ of\b)", f"{voice.possessive} ", rest)
    rest = re.sub(r"\b(?:his|her)\b", voice.possessive, rest)
    if not re.search(r"\b\w{3,}s\b.*\btheir\b", rest):
        rest = re.sub(r"\btheir\b", voice.possessive, rest)
    rest = re.sub(r"\b(?:himself|herself|themselves|themself)\b", voice.self, rest)
    rest = re.sub(r"\bhim\b", voice.object, rest)
    return re.sub(r"(?<!my )(?<!your )\b(?:an )?own (?=[a-z])", f"{voice.possessive} own ", rest)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def stems(text: str) -> frozenset[str]:
    """The content words of a text, lightly stemmed: `Keeps eleven hens.` -> keep, eleven, hen."""
    words = (word.lower() for word in _WORD.findall(text.replace("'", "").replace("\u2019", "")))
    return frozenset(_stem(word) for word in words if word not in _STOP)


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 2 and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    return word.rstrip("e") if len(word) > 3 else word


def shared(statement: str, text: str) -> float:
    """The share of the statement's content words that the text has; 0 where two or fewer of many coincide."""
    wanted = stems(statement)
    met = wanted & stems(text)
    if not wanted or (len(met) < 2 and len(wanted) > 1):
        return 0.0
    return len(met) / len(wanted)
