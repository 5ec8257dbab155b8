"""Whether two replies are the same to a reader: nobody can prefer one of two that are.

>>> nearly_identical("Water it on Sunday - not before.", "water it on Sunday, NOT before")
True
>>> nearly_identical("Water it on Sunday.", "Water it on Monday.")
False
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

BOUND = 0.9
"""Share of the longer reply's words that must stand in the other one, in the same order: of ten words one may differ,
of nine none."""

_SET_ASIDE = {"Cc", "Cf", "Sk", "Zl", "Zp", "Zs"}  # and all punctuation; Sk: accents alone, back ticks, skin tones
_VARIATION = "\ufe0e\ufe0f"  # a symbol as text or as emoji
_UNSPACED = re.compile(  # Thai, Lao, Burmese, Khmer, kana, Chinese: written without spaces
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)


def nearly_identical(one: str, other: str) -> bool:
    """Whether the two are equal but for compatibility forms, case, punctuation and white space, or share `BOUND` of
    their words in order. A symbol (an emoji) is a word, as is a character of a script that sets no spaces.
    """
    left, right = _words(one), _words(other)
    longer = max(len(left), len(right))
    return "".join(left) == "".join(right) or _common(left, right) >= BOUND * longer


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _UNSPACED.sub(r" \1 ", "".join(map(_shown, folded))).split()


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or char in _VARIATION:  # within a word: a soft hyphen, a joiner
        return ""
    if category[0] == "P" or category in _SET_ASIDE:
        return " "
    return f" {char} " if category[0] == "S" else char


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, a column of the table held in the bits of one integer (Hyyrö 2004)."""
    places: defaultdict[str, int] = defaultdict(int)
    for place, word in enumerate(one):
        places[word] |= 1 << place
    every = (1 << len(one)) - 1
    unmatched = every
    for word in other:
        matched = unmatched & places[word]
        unmatched = ((unmatched + matched) | (unmatched - matched)) & every
    return len(one) - unmatched.bit_count()
