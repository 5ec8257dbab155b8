"""How numbers and findings are written in the report."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eval.metrics import Estimate

Say = Callable[[str], str]
"""Makes a text from outside harmless for the place where a sentence goes."""

NONE = "-"  # not defined


@dataclass(frozen=True)
class Finding:
    """A sentence, or one that ends in a colon and its items, one a model."""

    text: str
    items: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.text} {listed(self.items)}".rstrip()


def number(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """A number with so many digits, never a negative zero.

    >>> number(-0.001), number(0.5, signed=True), number(None)
    ('0.00', '+0.50', '-')
    """
    if value is None:
        return NONE
    rounded = round(value, digits) + 0.0
    return f"{rounded:+,.{digits}f}" if signed and rounded else f"{rounded:,.{digits}f}"


def interval(of: Estimate, digits: int = 2, *, signed: bool = False) -> str:
    """Its 95% interval; empty where there is none."""
    if of.low is None or of.high is None:
        return ""
    return f"[{number(of.low, digits, signed=signed)}, {number(of.high, digits, signed=signed)}]"


def both(of: Estimate, digits: int = 2, *, signed: bool = False) -> str:
    """A number with its interval.

    >>> both(Estimate(1.018, 0.94, 1.1), signed=True)
    '+1.02 [+0.94, +1.10]'
    """
    return f"{number(of.value, digits, signed=signed)} {interval(of, digits, signed=signed)}".strip()


def p_value(p: float | None) -> str:
    """As in prose.

    >>> p_value(0.0002), p_value(0.0213)
    ('p < 0.001', 'p = 0.021')
    """
    if p is None:
        return "no p"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def percent(part: float, whole: float) -> str:
    """A share; with its counts where the share alone would say too little.

    >>> percent(3, 1000), percent(0, 0)
    ('0.3% (3)', '-')
    """
    return f"{part / whole:.1%} ({part:,.0f})" if whole else NONE


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "persona"), plural(1200, "persona"), plural(2, "reply", "replies")
    ('1 persona', '1,200 personas', '2 replies')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(items: list[str]) -> str:
    """Items of one sentence."""
    return "; ".join(items)
