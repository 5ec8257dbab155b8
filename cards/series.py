"""What a figure shows: labelled series, in panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Series:
    """Numbers under one label; `low` and `high` are a band around `y`. A histogram has one edge more than counts; where
    it has as many, each is a tick of its own.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()

    def __post_init__(self) -> None:
        if len(self.x) - len(self.y) not in (0, 1) or len(self.low) != len(self.high):
            raise ValueError(
                f"series {self.label!r} has {len(self.x)} x, {len(self.y)} y, {len(self.low)} low and "
                f"{len(self.high)} high: give as many of each, and of edges one more than of counts"
            )


@dataclass(frozen=True)
class Mark:
    """A line across a panel: a threshold, or what chance would give."""

    label: str
    at: float
    axis: Literal["x", "y"] = "x"


@dataclass(frozen=True)
class Panel:
    """One pair of axes. Series of the same place look the same in every panel of a figure."""

    series: Sequence[Series]
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    marks: Sequence[Mark] = ()
    x_limits: tuple[float | None, float | None] = (None, None)
    y_limits: tuple[float | None, float | None] = (None, None)
    names: Sequence[str] = ()  # of bars: what stands at 0, 1, 2, ...
