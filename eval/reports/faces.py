"""The conversations of the report: those in which two models differ most, side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.reports.panels import by_persona
from eval.reports.summary import Model, Pair, Summary
from eval.runs import Talk, Turn

EACH = 3  # up, and as many down
ALONE = 2  # best, and as many worst, where there is one model


@dataclass(frozen=True)
class Side:
    """One model with this persona."""

    name: str
    talk: Talk
    mean: float | None

    @property
    def shown(self) -> list[str]:
        """By turn, what the user's message showed that none before it had."""
        statements, before, told = [*self.talk.facts, *self.talk.traits], set[int](), []
        for turn in self.talk.turns:
            new = sorted(set(turn.disclosed or ()) - before)
            before |= set(new)
            told.append(" | ".join(statements[number] for number in new if 0 <= number < len(statements)))
        return told


@dataclass(frozen=True)
class Face:
    """One persona, with one model or two."""

    difference: float | None
    sides: list[Side]

    @property
    def talk(self) -> Talk:
        """Any of them: all tell the same of the persona."""
        return self.sides[0].talk

    @property
    def rounds(self) -> Iterator[tuple[int, list[tuple[Turn, str] | None]]]:
        """Turn by turn: of each side the turn and what it showed; None where its conversation had ended."""
        for place in range(max(len(side.talk.turns) for side in self.sides)):
            yield (
                place + 1,
                [
                    (side.talk.turns[place], side.shown[place]) if place < len(side.talk.turns) else None
                    for side in self.sides
                ],
            )


@dataclass(frozen=True)
class Meeting:
    """What stands under one heading."""

    names: list[str]
    faces: list[Face]


def meetings(summary: Summary) -> list[Meeting]:
    """The first model of each protocol against each other one; a model without any other by itself."""
    found = []
    for protocol in summary.protocols:
        pairs = summary.firsts(protocol)
        found += [Meeting([pair.a.name, pair.b.name], _against(pair)) for pair in pairs]
        if not pairs:
            found.append(Meeting([summary.of(protocol)[0].name], _alone(summary.of(protocol)[0])))
    return [meeting for meeting in found if meeting.faces]


def _against(pair: Pair) -> list[Face]:
    """The largest differences, those in favour of the second model first."""
    ordered = sorted(by_persona(pair), key=lambda item: (-item[1], item[0]))
    chosen = [item for item in ordered if item[1] > 0][:EACH] + [item for item in ordered if item[1] < 0][-EACH:]
    sides = [{talk.persona_id: talk for talk in model.run.talks} for model in (pair.a, pair.b)]
    return [
        Face(
            difference,
            [_side(model.name, talks[persona]) for model, talks in zip((pair.a, pair.b), sides, strict=True)],
        )
        for persona, difference in chosen
    ]


def _alone(model: Model) -> list[Face]:
    """The best and the worst."""
    sides = [_side(model.name, talk) for talk in model.run.talks]
    ordered = sorted(
        (side for side in sides if side.mean is not None), key=lambda side: (-(side.mean or 0), side.talk.persona_id)
    )
    chosen = ordered if len(ordered) <= 2 * ALONE else [*ordered[:ALONE], *ordered[-ALONE:]]
    return [Face(None, [side]) for side in chosen]


def _side(name: str, talk: Talk) -> Side:
    return Side(name, talk, _mean([turn.score for turn in talk.turns if turn.score is not None]))


def _mean(scores: Sequence[float]) -> float | None:
    return sum(scores) / len(scores) if scores else None
