"""Every number of the report: one record a model, one a pair of models, one a judge's planted set."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.comparison import Comparison
from eval.metrics import Disclosed, Estimate, Metrics
from eval.reliability import Agreement, Coefficient
from eval.reports.recall import Recalled
from eval.runs import Planted, Run

KINDS = ("perfect", "generic", "sycophantic", "over_personal", "off_topic")
"""Of planted replies; the first has to be above all others."""
LOST = 0.05  # of planted replies: with more of them unscored, the others say too little
BOUNDS = 3  # models by rule that figures can show beside others


@dataclass(frozen=True)
class Counts:
    """What a reader must know of the conversations behind a mean."""

    replies: int
    unscored: int  # replies without a single vote that could be read
    unplayed: int  # turns that were never reached
    shortened: int  # conversations that ended early
    reasons: dict[str, int]  # why
    empty: int
    cut: int  # at the limit of tokens
    calls: dict[str, int]  # by role
    unread: int  # votes that could not be read
    messages: int  # of users who were checked for being in character
    broken: int  # of them out of character
    unchecked: int  # conversations whose user was not checked
    unshown: int  # turns at which nobody could tell what the user had disclosed; of the protocol `plus`


@dataclass(frozen=True)
class Model:
    """One run, measured."""

    run: Run
    metrics: Metrics
    gain_p: float | None  # of no gain, over the personas scored at the first and the last turn
    counts: Counts
    criteria: dict[str, Estimate]  # the protocol `plus` alone has them
    disclosed: list[Disclosed]  # likewise
    agreement: Agreement
    second: Coefficient  # kappa with the second judge; n is 0 without one
    length: Coefficient
    recall: dict[str, Recalled] | None  # of the micro world

    @property
    def name(self) -> str:
        return self.run.name


@dataclass(frozen=True)
class Pair:
    """The second model less the first, on the personas that both have met."""

    a: Model
    b: Model
    comparison: Comparison
    p_holm: float | None = None  # corrected for how many are compared with the same first model
    gain_p_holm: float | None = None  # likewise


@dataclass(frozen=True)
class Kind:
    """What a judge gives to one kind of planted replies."""

    kind: str
    mean: float | None
    scored: int
    of: int
    below: int | None  # cases in which it scores below the perfect one; None for the perfect
    cases: int  # in which both are scored

    def is_under(self, best: float) -> bool:
        """Whether the perfect replies, of this mean, are clearly above; they are as high as themselves."""
        if self.below is None:
            return True
        return self.mean is not None and self.mean < best and 2 * self.below > self.cases


@dataclass(frozen=True)
class PlantedTable:
    """Where a judge puts replies of known worth."""

    planted: Planted
    kinds: list[Kind]

    @property
    def lost(self) -> int:
        """Replies without a score."""
        return self.planted.expected - sum(kind.scored for kind in self.kinds)

    @property
    def misplaced(self) -> list[str]:
        """Kinds that are missing, or not below the perfect replies on average and in more than half of the cases."""
        found = {kind.kind: kind for kind in self.kinds}
        best = found["perfect"].mean if "perfect" in found else None
        kinds = list(dict.fromkeys([*KINDS, *found]))
        return [kind for kind in kinds if best is None or not (kind in found and found[kind].is_under(best))]

    @property
    def passed(self) -> bool:
        """Whether the judge knows a perfect reply when it sees one."""
        return not self.misplaced and self.lost <= LOST * self.planted.expected


@dataclass(frozen=True)
class Summary:
    """All of it."""

    models: list[Model]
    pairs: list[Pair]
    planted: list[PlantedTable]
    notes: list[str]

    @property
    def protocols(self) -> list[str]:
        return list(dict.fromkeys(model.run.protocol for model in self.models))

    def of(self, protocol: str) -> list[Model]:
        """The models under one protocol, in order."""
        return [model for model in self.models if model.run.protocol == protocol]

    def bounds(self, protocol: str) -> list[Model]:
        """Models that play by rule, beside others that don't."""
        return parted(self.of(protocol))[0]

    def judged(self, protocol: str) -> list[Model]:
        """All others, of which there is one at least."""
        return parted(self.of(protocol))[1]

    def of_first(self, model: Model) -> list[Pair]:
        """The pairs whose first one is this model."""
        return [pair for pair in self.pairs if pair.a is model]

    def firsts(self, protocol: str) -> list[Pair]:
        """The pairs of the first model with each other one that is no bound."""
        return self.of_first(self.judged(protocol)[0])

    def others(self, protocol: str) -> list[Pair]:
        """The pairs without it, and without a bound."""
        return [pair for model in self.judged(protocol)[1:] for pair in self.of_first(model)]


def parted(models: Sequence[Model]) -> tuple[list[Model], list[Model]]:
    """The bounds among some models, and all others; where all play by rule, none is a bound."""
    rules = [model for model in models if model.run.by_rule]
    bounds = [] if len(rules) == len(models) else rules[:BOUNDS]
    return bounds, [model for model in models if not any(model is bound for bound in bounds)]
