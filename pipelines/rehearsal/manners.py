"""Ways of writing that show a trait, and ways of answering that meet it."""

import re
from collections.abc import Callable

from pipelines.rehearsal.world import full

HEART = "\u2764"
_BY_WORDS = (
    ("@lower", re.compile(r"lower[- ]?case", re.IGNORECASE)),
    ("@caps", re.compile(r"\bcapitals|upper[- ]?case", re.IGNORECASE)),
    ("@dots", re.compile(r"\bdots\b|ellips", re.IGNORECASE)),
    ("@hearts", re.compile(r"\bhearts\b|\bemojis?\b", re.IGNORECASE)),
    ("@bangs", re.compile(r"exclamation", re.IGNORECASE)),
    ("@bare", re.compile(r"full stops|punctuation", re.IGNORECASE)),
)
_NOT_OWN = re.compile(
    r"\b(?:never|no|without|avoids|dislikes|hates|ignores|cannot|childish|likes|answers|repl\w+|feels)\b", re.IGNORECASE
)


def manner(trait: str) -> str:
    """How a trait shows in writing: an `@...` for every message, or what the person types once; empty if unknown."""
    known = full.voices().get(trait)
    if known is not None:
        return known
    for name, words in _BY_WORDS:
        if words.search(trait) and not _NOT_OWN.search(trait):
            return name
    return ""


def _shouted(text: str) -> str:
    words = sorted(re.findall(r"[A-Za-z]{5,}", text), key=len)
    return text.replace(words[-1], words[-1].upper()) if words else text


_WRITE: dict[str, Callable[[str], str]] = {
    "@lower": str.lower,
    "@caps": _shouted,
    "@dots": lambda text: re.sub(r"\.(?= |$)", "...", text),
    "@hearts": lambda text: f"{text} {HEART}",
    "@bangs": lambda text: re.sub(r"\.(?= |$)", "!", text),
    "@bare": lambda text: re.sub(r"\.(?=$)", "", re.sub(r"\.(?= )", ",", text)),
}
_SEEN: dict[str, Callable[[str], bool]] = {
    "@lower": lambda text: text == text.lower() and len(text.split()) > 4,
    "@caps": lambda text: bool(re.search(r"\b[A-Z]{5,}\b", text)),
    "@dots": lambda text: "..." in text,
    "@hearts": lambda text: HEART in text,
    "@bangs": lambda text: "!" in text,
    "@bare": lambda text: not text.endswith((".", "!", "?")) and len(text.split()) > 6,
}


def write(text: str, marks: list[str]) -> str:
    for mark in marks:
        text = _WRITE[mark](text)
    return text


def seen(mark: str, text: str) -> bool:
    return _SEEN[mark](text)


_BRIEF = re.compile(r"\b(?:one line|(?:two|three) sentences|short|single word|every word|waste|conclusion)\b")
_NOT_BRIEF = re.compile(r"brushed off|dislikes short|hates short", re.IGNORECASE)
# What a reply says to somebody with such a trait. The first match counts.
MEETING = (
    (
        re.compile(r"\b(?:joke|jokes|puns?|silly|laughs?|funny|teased|comparison|absurd|exaggerat\w+|nickname)\b"),
        ("If it goes wrong, it'll at least make a good story.", "Worst case, we blame the weather.",
         "It's like folding a map: undignified, but it can be done.", "I'd bring biscuits, as to any negotiation."),
    ),
    (
        re.compile(r"\b(?:feelings?|emotion\w*|tears|warm\w*|thanks|greets|touched|hurt|lectured|tone|apologises)\b"),
        ("That sounds tiring, and it makes sense that it stays with you.", "No need to be anything but tired today.",
         "I'm glad you said it out loud.", "That would get to me as well."),
    ),
    (
        re.compile(r"\b(?:order|numbers?|step by step|plan|plans|list|instructions|deadline|topic|sums|figures)\b"),
        ("One thing first, then the next.", "Ten minutes for the first part, the rest tomorrow.",
         "So: one decision now, none later.", "Write it down, do the top line, stop there."),
    ),
    (
        re.compile(r"\b(?:worst|careful|safe|doubts?|warning|wrong|risk|way out|permission|drawback|small print)\b"),
        ("Nothing about it can go badly wrong.", "The drawback is time, and only a little of it.",
         "You can still turn back at any point.", "If it fails, you're back where you are now."),
    ),
    (
        re.compile(r"\b(?:source|checks|evidence|proof|hedging|admits|gap|trusts?|believes|modesty|hunch)\b"),
        ("I may be wrong there, so check it.", "I don't know that for certain.",
         "That part is a guess, the rest isn't."),
    ),
    (
        re.compile(r"\b(?:argues|contradicted|disagree\w*|side|opposite|pushes|won|score|principle|fairness)\b"),
        ("I'd disagree on one point, though: it isn't too late.", "I'm on your side here, with one reservation.",
         "Prove me wrong if you like."),
    ),
)  # fmt: skip


def meets(trait: str) -> tuple[str, ...]:
    """Sentences that suit somebody with this trait; none where no rule knows it."""
    return next((lines for words, lines in MEETING if words.search(trait)), ())


def wants_brevity(trait: str) -> bool:
    return bool(_BRIEF.search(trait)) and not _NOT_BRIEF.search(trait)
