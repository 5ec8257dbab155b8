"""A predicate taken apart: `is a 34-year-old baker who sings and has two cats` into one clause for each claim.

Where a rule is not sure that all parts have the same subject, they stay together.
"""

import re

from pipelines.rehearsal import verbs

ADVERB = "(?:" + "|".join(sorted(verbs.ADVERBS)) + ")"
VERB = "(?:" + "|".join(sorted({*verbs.THIRD, *verbs.IRREGULAR})) + ")"
_JOINT = re.compile(
    rf"(?:,? and|,? but|,? as well as|,|;|,? while)\s+(?:(?:also|even|he|she|they|who)\s+)*(?P<next>(?:{ADVERB}\s+)*"
    rf"(?P<verb>{VERB}|have|are|worked|retired|will|can|would|could|doesn't|does not|isn't)\b.*)",
    re.IGNORECASE,
)
_JOINT_START = re.compile(r",|;| and | but | as well as | while ")
_AFTER_VERB = re.compile(
    r"(?:a|an|the|on|in|at|to|for|as|with|his|her|their|own|part-time|\w+ing|about|every|each|several|many|two|three|"
    r"from|it|them|into|around|by|how|that|all|both|any|new|out|up|off|over|well|hard|\d+)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(?:who|that|which|where|whom|whose|because|if|when)\b")
_AGED = re.compile(r"is (?:an? )?(\d{1,3})[- ]years?[- ]old\b[ ,]*(.*)", re.IGNORECASE)
_WHO = re.compile(r"(is (?:an?|the|one of|currently)\b[^,]*?),? who (.+)", re.IGNORECASE)
_DOING = re.compile(
    r"(is .+?),? (?:and )?(?:currently )?(working|living|studying|specializing|majoring|teaching|pursuing|"
    r"training|residing) (as|in|at|for|on|to be|a|an|the|with|to) (.+)",
    re.IGNORECASE,
)
_PARTICIPLES = {
    "working": "works", "living": "lives", "studying": "studies", "specializing": "specializes", "majoring": "majors",
    "teaching": "teaches", "pursuing": "pursues", "training": "trains", "residing": "resides",
}  # fmt: skip
_LIKING_WORDS = """
enjoys loves likes collects plays values appreciates dislikes hates adores practices practises studies teaches
speaks restores breeds prefers
"""
_LIKING = frozenset(_LIKING_WORDS.split())
_JOINING_WORDS = "a an the to in of on not able by with for from always often at about as their"
_JOINING = frozenset(_JOINING_WORDS.split())
_COMMA = re.compile(r",? and |, ")


def clauses(phrase: str) -> list[str]:
    """One predicate a clause: what is joined by `and` or hangs on `who` is taken off, where it has the same subject."""
    parts = _aged(phrase) or _hanging(phrase) or _joined(phrase)
    if parts is None:
        return [phrase]
    first, rest = parts
    return [*(clauses(first) if first != phrase else [first]), *(clauses(rest) if rest else [])]


def _aged(phrase: str) -> tuple[str, str] | None:
    """`is a 34-year-old baker` -> `is 34 years old`, `is a baker`."""
    found = _AGED.fullmatch(phrase)
    if not found:
        return None
    age, rest = found.groups()
    if joined := re.fullmatch(r"(?:who|and) (.+)", rest):
        rest = joined[1]
    elif rest.startswith("with "):
        rest = f"has {rest[5:]}"
    elif rest:
        rest = f"is {'an' if rest[0].lower() in 'aeiou' else 'a'} {rest}"
    age_alone = f"is {age} years old"
    return (age_alone, rest) if rest or age_alone != phrase else None


def _hanging(phrase: str) -> tuple[str, str] | None:
    """`is a baker who sings` -> `is a baker`, `sings`; likewise `is a student living in Oslo`."""
    if (found := _WHO.fullmatch(phrase)) and not _RELATIVE.search(found[1]):
        return found[1], found[2]
    if (found := _DOING.fullmatch(phrase)) and not _RELATIVE.search(found[1]) and len(found[1].split()) > 2:
        return found[1], f"{_PARTICIPLES[found[2].lower()]} {found[3]} {found[4]}"
    return None


def _joined(phrase: str) -> tuple[str, str] | None:
    """`sings and has two cats` -> `sings`, `has two cats`."""
    for start in _JOINT_START.finditer(phrase):
        found = _JOINT.match(phrase, start.start())
        if found and _joins(phrase[: found.start()], found):
            return phrase[: found.start()], found["next"]
    return None


def _joins(before: str, found: re.Match[str]) -> bool:
    if _RELATIVE.search(before) or not before.strip():
        return False
    verb = found["verb"].lower()
    following = found.string[found.end("verb") :].strip()
    return verb not in verbs.AMBIGUOUS or bool(_AFTER_VERB.match(following))


def listed(clause: str) -> list[str]:
    """`enjoys hiking, yoga and tea` -> one clause each; also lists of qualities, of nouns and of what somebody has."""
    adverbs, verb, rest = verbs.opening(clause)
    items = [item for item in _COMMA.split(rest) if item]
    if len(items) < 2 or not _is_list(verb.lower(), items):
        return [clause]
    head = " ".join([*adverbs, verb])
    return [f"{head} {_with_article(item) if verb.lower() == 'is' else item}" for item in items]


def _is_list(verb: str, items: list[str]) -> bool:
    if verb == "is":
        return all(re.match(r"an? ", item) for item in items) or all(_quality(item) for item in items)
    if verb in ("has", "owns"):
        return all(re.match(r"(?:an?|one|two|three|four|five|several) \S", item) for item in items)
    return verb in _LIKING and _separable(items)


def _separable(items: list[str]) -> bool:
    seen_long_gerund = False
    for item in items:
        words = item.split()
        gerund = words[0].endswith("ing") and len(words[0]) > 4
        if not gerund and (len(words) > 3 or seen_long_gerund or words[0].lower() in ("to", "of", "his", "her", "the")):
            return False
        seen_long_gerund |= gerund and len(words) > 1
    return True


def _quality(item: str) -> bool:
    words = item.lower().split()
    return len(words) <= 3 and not words[0].endswith("ing") and _JOINING.isdisjoint(words)


def _with_article(item: str) -> str:
    last = item.rsplit(maxsplit=1)[-1]
    noun = (
        not re.match(r"an? ", item)
        and last.endswith(("lover", "thinker", "person", "listener", "player", "fan", "ist"))
        and last != "realist"
    )
    return f"{'an' if item[0].lower() in 'aeiou' else 'a'} {item}" if noun else item
