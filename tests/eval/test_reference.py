"""From a conversation under the paper's protocol to a figure in the report: the paper's formulas, written out."""

import json
from pathlib import Path
from random import Random

import pytest

from eval.report import report
from tests.eval.players import Call, play, scripted

TURNS, PERSONAS = 6, 15


def test_the_report_of_the_papers_protocol_has_the_figures_of_the_papers_formulas(tmp_path: Path) -> None:
    """AL(k), IR, R2, N-IR and N-R2, computed here as the paper writes them, from the scores that the judge gave."""
    given: dict[int, list[int]] = {turn: [] for turn in range(1, TURNS + 1)}

    def judge(call: Call, _before: int) -> str:
        turn = (call.config.seed or 0) // 10_000
        given[turn].append(min(5, 1 + Random(len(given[turn])).randrange(3) + turn // 3))
        return f'{{"score": {given[turn][-1]}}}'

    play(tmp_path, scripted(judge=judge), protocol="paper", turns=TURNS, personas=PERSONAS)
    report([tmp_path / "logs"], tmp_path / "report", tmp_path / "report.json")
    (told,) = json.loads((tmp_path / "report.json").read_text())["models"]

    al = [sum(scores) / PERSONAS for scores in given.values()]
    low, high = min(al), max(al)
    slope, r2 = line(al)
    scaled_slope, scaled_r2 = line([(one - low) / (high - low) for one in al])
    assert told["al"] == pytest.approx(al)
    assert told["mean"] == pytest.approx(sum(al) / TURNS)
    assert (told["ir"], told["r2"]) == pytest.approx((slope, r2))
    assert (told["n_ir"], told["n_r2"]) == pytest.approx((scaled_slope, scaled_r2))
    assert told["gain"] == pytest.approx(al[-1] - al[0])


def line(y: list[float]) -> tuple[float, float]:
    """Slope b of the least-squares line b k + a through (k, y_k), k from 1, and how much of the variance it has."""
    n, x = len(y), range(1, len(y) + 1)
    products = sum(p * q for p, q in zip(x, y, strict=True))
    b = (n * products - sum(x) * sum(y)) / (n * sum(p * p for p in x) - sum(x) ** 2)
    a = (sum(y) - b * sum(x)) / n
    rest = sum((q - (b * p + a)) ** 2 for p, q in zip(x, y, strict=True))
    return b, 1 - rest / sum((q - sum(y) / n) ** 2 for q in y)
