"""What replies of the micro world take up of what was told: by hand, and as the training stage counts it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.logs import read
from eval.reports import recall
from eval.reports.recall import FIGURES, recalled, shares
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.world import micro
from pipelines.rehearsal.world.micro_roles import is_shown
from tests.eval.logs import curve, log, sample, turn, write
from training.micro import dialogue
from training.micro import recall as trained

PERSONA = [
    "Pet is cat.",
    "City is turin.",
    "Food is pizza.",
    "Writes in a formal tone.",
    "Enjoys being questioned back.",
]
SAID = ["good morning to you . my pet is cat . what about my stroll ?", "my city is turin . please plan my stroll ."]
RIGHT = "dear friend , for your stroll , try a calm park with pet cat and city turin . i hope this helps you ."


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (RIGHT, {"recall": (2, 2), "unfounded": (0, 1), "manner": (1, 1), "on topic": (1, 1)}),
        ("dear friend , for your stroll , try a calm park with pet dog and city any .", {"recall": (0, 2)}),
        ("sure , for your stroll , try a park with pet turin and city cat .", {"recall": (0, 2), "unfounded": (2, 1)}),
        ("dear friend , for your stroll , try a park with food pizza .", {"unfounded": (1, 1), "recall": (0, 2)}),
        ("dear friend , for your dinner , try a feast with pet cat .", {"on topic": (0, 1), "recall": (1, 2)}),
        ("", {"recall": (0, 2), "unfounded": (0, 1), "manner": (0, 1), "on topic": (0, 1)}),
    ],
)
def test_a_reply_is_held_against_what_was_told(reply: str, expected: dict[str, tuple[float, float]]) -> None:
    found = dict(zip(FIGURES, shares(SAID, reply, PERSONA), strict=True))
    assert {name: found[name] for name in expected} == expected


def test_what_was_not_told_yet_is_not_asked_for() -> None:
    found = dict(zip(FIGURES, shares(["what about my stroll ?"], RIGHT, PERSONA), strict=True))
    assert found == {"recall": (0, 0), "unfounded": (2, 1), "manner": (0, 0), "on topic": (1, 1)}


def test_a_message_that_asks_for_nothing_counts_for_nothing() -> None:
    assert set(shares(["hello ."], RIGHT, PERSONA)) == {(0, 0)}


@given(st.integers(0, 10**6))
def test_the_figures_are_those_of_the_training_stage(seed: int) -> None:
    draw = Draw("recall", seed)
    facts, traits = micro.profile(draw), micro.personality(draw)
    topic = draw.pick(tuple(micro.TOPICS))
    cues = [trait.cue for trait in micro.known(traits).traits if draw.chance(0.6)]
    told = [micro.TOLD.format(slot=slot, value=value) for slot, value in micro.known(facts).facts.items()]
    said = [" ".join([*cues, *draw.sample(told, 6), f"what about my {topic} ?"])]
    shown = [statement for statement in [*facts, *traits] if is_shown(statement, said)]
    known = micro.known(shown)
    guess = micro.compose(draw.pick((topic, "dinner")), micro.known(draw.sample([*facts, *traits], 9)), draw)
    turn_of = dialogue.Turn(1, [], known.facts, len(known.traits), {"tailored": micro.compose(topic, known, draw)})
    theirs = dict(zip(trained.FIGURES, trained.shares(guess, turn_of, micro.SLOT_OF), strict=True))
    ours = dict(zip(recall.FIGURES, shares(said, guess, [*facts, *traits]), strict=True))
    assert ours == {name: theirs[name] for name in recall.FIGURES}


def test_figures_are_by_turn_and_over_all_with_an_interval(tmp_path: Path) -> None:
    texts = {"profile": " ".join(PERSONA[:3]), "personality": " ".join(PERSONA[3:])}
    talks = [
        sample(
            person,
            [turn(k, 3, message=said, reply=RIGHT if person < 5 or k == 1 else "") for k, said in enumerate(SAID, 1)],
            planned=3,
            metadata=texts,
        )
        for person in range(10)
    ]
    write(tmp_path, log(talks))
    found = recalled(read([tmp_path]).runs[0])
    assert found is not None
    recalls = found["recall"]
    assert [one.value for one in recalls.by_turn] == [1, 0.5, None]  # the third was never played
    assert recalls.whole.value == pytest.approx((10 * 1 + 5 * 2) / (10 * 1 + 10 * 2))
    assert [recalls.whole.low, recalls.whole.high] == pytest.approx([1 / 3, 1])


def test_personas_of_another_world_have_no_such_figures(tmp_path: Path) -> None:
    write(tmp_path, log(curve(2, [3])))
    assert recalled(read([tmp_path]).runs[0]) is None
