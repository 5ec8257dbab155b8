"""In the micro world, what replies do with what the user has told: facts and manner apart, by turn.

A score can rise on manner alone, so this stands beside it. There the reply that uses all that is known is right by
rule, and each reply is held against it; what is known is read off the user's own messages, whatever else the log says.

| figure | what it is |
| --- | --- |
| recall | of the told values that the right reply names, the share that the reply names too, after their slot |
| unfounded | values that a reply names and that were not told of that slot, on average |
| manner | of opening and closing sentences in either reply, the share in both (Jaccard), once a trait was shown |
| on topic | share of the replies about the topic asked for |

They are those of training/micro/recall.py, which has the replies of a model to recorded dialogues instead.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics import Estimate, Floats, estimate, resampled
from eval.runs import Run, Talk
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.world import micro
from pipelines.rehearsal.world.micro_roles import is_shown

FIGURES = ("recall", "unfounded", "manner", "on topic")
Share = tuple[float, float]
"""Counted, and out of how many; 0 of 0 where a reply has no part in a figure."""
_NO_PART: tuple[Share, ...] = ((0, 0),) * len(FIGURES)
_SENTENCE_END = re.compile(r"(?<=[.!?]) +")


@dataclass(frozen=True)
class Recalled:
    """One figure of one model."""

    by_turn: list[Estimate]
    whole: Estimate


@dataclass(frozen=True)
class Reading:
    """What stands in a reply, by its shape alone."""

    topic: str
    facts: frozenset[tuple[str, str]]  # the word before a value, which should be its slot, and the value
    manner: frozenset[str]  # the opening, and every sentence after the advice


def recalled(run: Run) -> dict[str, Recalled] | None:
    """Each of FIGURES; None where the personas are of another world.

    Intervals: as for every other number, by bootstrap over profiles.
    """
    if not all(_is_micro(talk) for talk in run.talks):
        return None
    counts = np.array([_counts(talk, run.turns) for talk in run.talks], dtype=float)  # talk, turn, figure, 2
    return {name: _figure(counts[:, :, number], run.profiles) for number, name in enumerate(FIGURES)}


def read(reply: str) -> Reading:
    """Reads a reply of any shape; what is missing is empty.

    >>> reading = read("sure , for your stroll , try a calm park with pet cat and city any . what do you think ?")
    >>> reading.topic, sorted(reading.facts), sorted(reading.manner)
    ('stroll', [('pet', 'cat')], ['sure ,', 'what do you think ?'])
    """
    opening, _, advice = reply.partition(" for your ")
    words, sentences = reply.split(), re.findall(r"[^.?!]+[.?!]*", advice.partition(" . ")[2])
    return Reading(
        topic=advice.partition(" ")[0],
        facts=frozenset(pair for pair in zip(["", *words], words, strict=False) if pair[1] in micro.SLOT_OF),
        manner=frozenset([opening, *(sentence.strip() for sentence in sentences)]),
    )


def shares(said: Sequence[str], reply: str, persona: Sequence[str]) -> Sequence[Share]:
    """What one reply adds to each of FIGURES.

    Args:
        said: the user's messages so far, the last one is answered.
        reply: of the evaluated model.
        persona: the statements of the user.
    """
    topic = micro.topic_of(said[-1])
    if topic is None:
        return _NO_PART
    known = micro.known(statement for statement in persona if is_shown(statement, said))
    got, right = read(reply), read(micro.compose(topic, known, Draw("right")))
    told = set(known.facts.items())
    wanted = right.facts & told
    judged = float(bool(known.traits))
    return (
        (len(wanted & got.facts), len(wanted)),
        (len(got.facts - told), 1),
        (judged * len(got.manner & right.manner) / len(got.manner | right.manner), judged),
        (got.topic == topic, 1),
    )


def _statements(talk: Talk) -> list[str]:
    """Off the texts, which both protocols have; in this world each sentence is a statement."""
    return [*_SENTENCE_END.split(talk.profile.strip()), *_SENTENCE_END.split(talk.personality.strip())]


def _is_micro(talk: Talk) -> bool:
    return micro.is_spoken(_statements(talk))


def _counts(talk: Talk, turns: int) -> list[Sequence[Share]]:
    """Of each turn that the run asked for; one that was not played has no part."""
    persona = _statements(talk)
    said: list[str] = []
    found = [_NO_PART] * turns
    for turn in talk.turns:
        said.append(turn.message)
        found[turn.turn - 1] = tuple(shares(said, turn.reply, persona))
    return list(found)


def _figure(counts: Floats, profiles: Sequence[str]) -> Recalled:
    """Args: counts: [talks, turns, 2]."""
    parts, wholes = (np.column_stack([counts[..., n], counts[..., n].sum(axis=1)]) for n in (0, 1))
    *by_turn, whole = (estimate(draws) for draws in resampled(parts, wholes, profiles).T)
    return Recalled(by_turn, whole)
