"""The planted set: its form, and where the judge of the rehearsal puts its replies."""

from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

import orjson
import pytest
from inspect_ai import eval as evaluate
from inspect_ai.log import EvalLog

from eval import planted
from tests.eval.players import JUDGED, Heard, Instead, player, score_of

KINDS = ("perfect", "generic", "off_topic", "sycophantic", "over_personal")
CASES: list[dict[str, Any]] = [orjson.loads(line) for line in planted.PLANTED.read_bytes().splitlines()]


def judge(folder: Path, instead: Instead | None = None, **options: Any) -> tuple[EvalLog, Heard]:
    heard = Heard()
    [log] = evaluate(
        planted.planted(**options),
        model="none/none",
        model_roles={"judge": player("judge", heard, instead)},
        log_dir=str(folder),
        display="none",
    )
    return log, heard


def test_there_are_twelve_cases_of_twelve_people() -> None:
    assert [case["case"] for case in CASES] == [f"c{number:02}" for number in range(1, 13)]
    statements = [statement for case in CASES for statement in (*case["facts"], *case["traits"])]
    assert len(set(statements)) == len(statements)
    said = [case["message"] for case in CASES] + [turn["message"] for case in CASES for turn in case["turns"]]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_a_case_has_its_form(case: dict[str, Any]) -> None:
    assert set(case) == {"case", "facts", "traits", "turns", "message", "disclosed", "replies"}
    assert min(len(case["facts"]), len(case["traits"])) >= 8
    assert len(case["turns"]) <= 6
    assert all(set(turn) == {"message", "reply"} for turn in case["turns"])
    assert tuple(case["replies"]) == KINDS
    messages = [case["message"], *(turn["message"] for turn in case["turns"])]
    replies = [*case["replies"].values(), *(turn["reply"] for turn in case["turns"])]
    assert all(0 < len(text.split()) <= 45 for text in messages)
    assert all(0 < len(text.split()) <= 60 for text in replies)
    assert len(set(replies)) == len(replies)
    shown = case["disclosed"]
    assert shown == sorted(set(shown))
    assert shown
    assert set(shown) <= set(range(len(case["facts"]) + len(case["traits"])))
    hidden = [number for number in range(len(case["facts"])) if number not in shown]
    assert len(hidden) >= 3  # something that over_personal can presume


def test_the_set_has_early_and_late_points_of_a_chat() -> None:
    turns = [len(case["turns"]) for case in CASES]
    assert min(turns) == 0
    assert max(turns) >= 5


@pytest.mark.parametrize("protocol", ["paper", "plus"])
def test_every_reply_is_judged_as_in_the_benchmark(tmp_path: Path, protocol: str) -> None:
    log, heard = judge(tmp_path, lambda _, call, __: JUDGED[call.task], protocol=protocol)
    assert log.status == "success"
    assert log.samples
    assert {str(sample.id) for sample in log.samples} == {f"{case['case']}/{kind}" for case in CASES for kind in KINDS}
    votes = {"paper": 1, "plus": 3}[protocol]
    assert len(heard.of("judge")) == votes * len(log.samples)
    assert len({(call.text, call.config.seed) for call in heard.of("judge")}) == len(heard.of("judge"))
    for sample in log.samples:
        case, _, kind = str(sample.id).partition("/")
        assert (sample.metadata["case"], sample.metadata["kind"]) == (case, kind)
        assert score_of(sample).value == {"t01": 4.0}
        [turn] = (score_of(sample).metadata or {})["turns"]
        assert (turn["turn"], turn["score"], len(turn["votes"]), turn["asks"]) == (1, 4.0, votes, votes)


def test_the_judge_sees_what_it_sees_in_the_benchmark(tmp_path: Path) -> None:
    _, heard = judge(tmp_path, lambda _, call, __: JUDGED[call.task], votes=1)
    asked = {call.text for call in heard.of("judge")}
    for case in CASES:
        statements = [*case["facts"], *case["traits"]]
        for reply in case["replies"].values():
            [text] = [text for text in asked if f"<reply>\n{reply}\n</reply>" in text]
            assert all(f"- {statement}\n" in text for statement in statements)
            before, _, after = text.partition("<disclosed>\n")
            shown = after.partition("\n</disclosed>")[0].split("\n")
            assert shown == [f"- {statements[number]}" for number in case["disclosed"]]
            assert all(turn["message"] in before for turn in case["turns"])
            assert all(
                kind not in text.partition("</task>")[2].split("<message>")[1]
                for kind in ("over_personal", "off_topic")
            )


def test_an_unreadable_judge_leaves_the_set_unscored_and_ends_nothing(tmp_path: Path) -> None:
    log, _ = judge(tmp_path, lambda *_: "?", votes=1)
    assert log.status == "success"
    assert log.results
    assert log.results.scores[0].metrics["unscored"].value == 60


@pytest.mark.parametrize("protocol", ["paper", "plus"])
def test_the_judge_of_the_rehearsal_puts_them_in_order(tmp_path: Path, protocol: str) -> None:
    """By words alone. The judge of the paper does not know what was disclosed: to presume a fact earns points there."""
    log, _ = judge(tmp_path, protocol=protocol)
    assert log.samples
    scores: dict[str, list[float]] = defaultdict(list)
    for sample in log.samples:
        scores[sample.metadata["kind"]].append(score_of(sample).value["t01"])  # type: ignore[index, call-overload, arg-type]
    of = {kind: mean(found) for kind, found in scores.items()}
    assert max(of["sycophantic"], of["off_topic"]) < of["generic"] < of["perfect"]
    assert (of["over_personal"] < of["perfect"]) is (protocol == "plus")
