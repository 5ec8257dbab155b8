"""The ways in which a rehearsal goes wrong when it is asked to."""

from dataclasses import dataclass, fields

from pipelines.rehearsal.draw import Draw

REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I'm sorry, I can't assist with this request.",
    "As an AI language model, I'm not able to do that.",
    "I cannot fulfil this request. Is there something else I can do for you?",
)
_SCRAPS = (
    "null",
    "}}",
    "<|end|>",
    "the the",
    "\\u00",
    "[[",
    "...",
    "lorem",
    '"',
    "###",
    "0x7f",
    "undefined",
    "```json",
)


@dataclass(frozen=True, slots=True)
class Faults:
    """The share of calls that meet each fault, each in [0, 1], together at most 1.

    The first four befall an attempt, so the same request sent again can succeed. The last three are replies, and a
    reply follows from the request alone: another `seed` gives another one.
    """

    rate_429: float = 0.0  # too many requests, with a Retry-After header
    rate_500: float = 0.0  # internal error
    rate_hang: float = 0.0  # no answer at all, for as long as the client waits
    rate_cut: float = 0.0  # the connection ends in the middle of the answer
    rate_garbage: float = 0.0  # half a reply, or none that makes sense
    rate_empty: float = 0.0  # an empty reply
    rate_refusal: float = 0.0  # "I'm sorry, but I can't help with that."

    def __post_init__(self) -> None:
        rates = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, rate in rates.items():
            if not 0 <= rate <= 1:  # also refuses NaN
                raise ValueError(f"{name} is {rate}: a rate is a share of the calls, from 0 to 1")
        total = sum(rates.values())
        if total > 1 + 1e-9:
            raise ValueError(f"the rates add up to {total:g}: together they can be at most 1, lower some of them")

    def of_attempt(self, draw: Draw) -> str | None:
        """What befalls this attempt: 429, 500, hang, cut or nothing."""
        return _hit(draw, {"429": self.rate_429, "500": self.rate_500, "hang": self.rate_hang, "cut": self.rate_cut})

    def of_reply(self, draw: Draw) -> str | None:
        """What is wrong with this reply: garbage, empty, refusal or nothing."""
        return _hit(draw, {"garbage": self.rate_garbage, "empty": self.rate_empty, "refusal": self.rate_refusal})


def spoil(reply: str, fault: str, draw: Draw) -> str:
    """The reply with its fault (garbage, empty or refusal)."""
    if fault == "empty":
        return ""
    if fault == "refusal":
        return draw.pick(REFUSALS)
    scraps = " ".join(draw.pick(_SCRAPS) for _ in range(draw.between(4, 12)))
    return scraps if draw.chance(0.5) else reply[: len(reply) // 2] + scraps


def _hit(draw: Draw, rates: dict[str, float]) -> str | None:
    share = draw.share()
    for name, rate in rates.items():
        if share < rate:
            return name
        share -= rate
    return None
