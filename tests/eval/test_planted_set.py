"""The planted set: cases by hand whose order a judge should find, well formed and true to the prompts' own rules."""

from pathlib import Path
from typing import Any

import orjson
import pytest

CASES: list[dict[str, Any]] = [
    orjson.loads(line) for line in Path(__file__, "../../../eval/planted.jsonl").resolve().read_bytes().splitlines()
]
KINDS = ["perfect", "generic", "off_topic", "sycophantic", "over_personal"]


def test_there_are_twelve_different_cases() -> None:
    assert [case["case"] for case in CASES] == [f"c{number:02}" for number in range(1, 13)]
    texts = [text for case in CASES for text in (*case["facts"], *case["replies"].values())]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_case_is_well_formed(case: dict[str, Any]) -> None:
    """A persona of a usual size, messages and replies within the bounds of the prompts, numbers that exist."""
    assert list(case) == ["case", "facts", "traits", "turns", "message", "disclosed", "replies"]
    assert list(case["replies"]) == KINDS
    persona = [*case["facts"], *case["traits"]]
    assert min(len(case["facts"]), len(case["traits"])) >= 8
    assert len(persona) == len(set(persona))
    assert case["disclosed"] == sorted(set(case["disclosed"]) & set(range(len(persona))))
    assert len(case["turns"]) <= 6
    assert all(1 <= len(said.split()) <= 45 for said in [case["message"], *(turn["message"] for turn in case["turns"])])
    replies = [*case["replies"].values(), *(turn["reply"] for turn in case["turns"])]
    assert all(1 <= len(reply.split()) <= 60 for reply in replies)


def test_the_best_reply_is_not_told_by_its_length() -> None:
    """Else a judge that likes long replies would pass."""
    words = {kind: sum(len(case["replies"][kind].split()) for case in CASES) / len(CASES) for kind in KINDS}
    assert 0.8 <= words["perfect"] / words["over_personal"] <= 1.25
    assert sum(words["perfect"] < len(case["replies"]["sycophantic"].split()) for case in CASES) >= 1
