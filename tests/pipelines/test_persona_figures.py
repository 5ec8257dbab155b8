"""What the figures of the personas plot: the numbers of the release, and ages and places as statements say them."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from cards.figures import Figure
from filters.embed import Vectors
from pipelines.persona_figures import (
    age,
    age_panel,
    figures,
    home,
    home_panel,
    map_panels,
    nearest_panels,
    projected,
    round_panels,
)
from pipelines.persona_job import Tables
from pipelines.schema import PLURAL, AloeRow, DroppedRow, Kind, TextRow

THRESHOLDS: dict[Kind, float] = {"profile": 0.7, "personality": 0.8}
ROUNDS = [(0, "train", 20, 18), (1, "train", 160, 100), (3, "heldout", 20, 5), (2, "train", 80, 40)]
IN_ANOTHER_PROCESS = """
import hashlib
from pipelines.persona_figures import projected
from tests.pipelines.test_persona_figures import vectors_of
print(hashlib.sha256(projected(vectors_of(200, dim=384)).tobytes()).hexdigest())
"""


def text(n: int, **fields: Any) -> TextRow:
    statements = [f"Is {20 + n % 60} years old.", f"Lives in Vigo, {'Spain' if n % 3 else 'Peru'}."]
    given: dict[str, Any] = {"split": "train", "origin": "generated", "nearest": 0.41, "statements": statements}
    others = {"round": 1, "nearest_id": None, "model": None, "rehearsal": True, "replaces": None}
    return TextRow(**{"id": f"pr-{n:012x}", "text": "text", **others, **given, **fields})


def dropped(kind: str, reason: str, nearest: float | None) -> DroppedRow:
    return DroppedRow(kind, "pr-1", reason, "", "pr-2", nearest, "text")


def certified(profile_id: str, nearest: float | None) -> AloeRow:
    names = [field.name for field in dataclasses.fields(AloeRow)]
    given: dict[str, Any] = {**dict.fromkeys(names), "profile_id": profile_id, "nearest_profile": nearest}
    return AloeRow(**given)


def told() -> dict[str, Any]:
    rounds = [
        {"kind": kind, "round": number, "split": split, "candidates": seen, "kept": kept}
        for kind in PLURAL
        for number, split, seen, kept in ROUNDS
    ]
    return {"rounds": rounds, "distances": {kind: {"bound": round(THRESHOLDS[kind] - 0.05, 4)} for kind in PLURAL}}


def tables_of(profiles: Sequence[TextRow], personalities: Sequence[TextRow] = ()) -> Tables:
    return {"profiles": list(profiles), "personalities": list(personalities), "aloe": [], "dropped": []}


def vectors_of(count: int, dim: int = 24) -> Vectors:
    """Unit rows in a few groups."""
    rng = np.random.default_rng(7)
    rows = rng.normal(size=(6, dim))[np.arange(count) % 6] + 0.4 * rng.normal(size=(count, dim))
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def drawn() -> list[Figure]:
    tables = tables_of([text(n) for n in range(60)], [text(n, split="test") for n in range(9)])
    return figures(tables, told(), THRESHOLDS, {"profile": vectors_of(60), "personality": vectors_of(9)})


def test_places_on_the_map_have_the_same_bytes_whatever_the_number_of_threads() -> None:
    settings = [os.environ | {"OMP_NUM_THREADS": n, "OPENBLAS_NUM_THREADS": n} for n in ("1", "2")]
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS]
    started = [subprocess.Popen(command, env=setting, stdout=subprocess.PIPE) for setting in settings]
    one, two = (process.communicate()[0] for process in started)
    assert [process.returncode for process in started] == [0, 0]
    assert one == two


def test_each_figure_has_a_name_of_its_own_and_tells_how_much_was_found() -> None:
    made = {figure.name: figure for figure in drawn()}
    assert list(made) == ["map", "nearest", "rounds", "ages", "homes"]
    assert "60 of 60 (100.0%)" in made["ages"].caption
    assert "Of 2 different ones" in made["homes"].caption
    assert list(made.values()) == drawn()


def test_what_no_statement_says_is_not_drawn_and_a_pool_of_one_text_is() -> None:
    vectors: dict[Kind, Vectors] = {"profile": vectors_of(1), "personality": vectors_of(0)}
    rows = [text(1, statements=["Keeps hens."], nearest=None)]
    made = figures(tables_of(rows), told(), THRESHOLDS, vectors)
    assert [figure.name for figure in made] == ["map", "nearest", "rounds"]


@pytest.mark.parametrize("count", range(8))
def test_a_few_texts_have_places_of_their_own(count: int) -> None:
    places = projected(vectors_of(count))
    assert places.shape == (count, 2)
    assert len({tuple(place) for place in places.tolist()}) == count


def test_the_map_holds_every_text_once_by_split_and_the_seeds_again() -> None:
    splits = ["train", "train", "test", "heldout", "train", "train"]
    rows = [text(n, split=split, origin="seed" if n < 2 else "generated") for n, split in enumerate(splits)]
    panel, _ = map_panels(tables_of(rows), {"profile": vectors_of(6), "personality": vectors_of(0)})
    points = {one.label: list(zip(one.x, one.y, strict=True)) for one in panel.series}
    places = [tuple(place) for place in projected(vectors_of(6)).tolist()]
    assert points == {
        "train": [places[n] for n in (0, 1, 4, 5)],
        "test": [places[2]],
        "held-out": [places[3]],
        "seed": places[:2],
    }
    assert panel.title == "6 profiles"


def test_of_a_large_pool_a_draw_is_on_the_map_that_the_order_does_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.persona_figures._ON_MAP", 3)
    monkeypatch.setattr("pipelines.persona_figures.projected", lambda vectors: vectors)
    rows = [text(n) for n in (9, 2, 7, 1, 5)]
    places = np.array([[9, 0], [2, 0], [7, 0], [1, 0], [5, 0]], np.float32)
    panel, _ = map_panels(tables_of(rows), {"profile": places, "personality": places[:0]})
    assert sorted(panel.series[0].x) == [1, 2, 5]
    assert panel.title == "3 of 5 profiles"


def test_texts_that_are_alike_stand_together_on_the_map() -> None:
    places = projected(vectors_of(120))
    group = np.arange(120) % 6
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (group[distance.argmin(axis=1)] == group).mean() > 0.95


def test_cosines_are_shares_of_the_kept_the_dropped_and_each_held_out_text_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables = tables_of([text(0, nearest=None), text(1, nearest=0.41), text(2, nearest=0.61), text(3, split="heldout")])
    tables["dropped"] = [
        dropped("profile", "near-duplicate", 1.0000001),
        dropped("profile", "surplus", 0.3),
        dropped("personality", "near-duplicate", 0.9),
    ]
    tables["aloe"] = [certified("pr-a", 0.51), certified("pr-a", 0.51), certified("pr-b", None)]
    monkeypatch.setattr("pipelines.persona_figures._SHARES", 1)
    panel, other = nearest_panels(tables, told(), THRESHOLDS)
    kept, near, heldout = panel.series
    assert (kept.x[0], kept.x[-1], kept.y[0], sum(kept.y)) == (0.4, 0.625, 50, 100)
    assert (near.x, near.y) == ([0.975, 1.0], [100])
    assert (heldout.x, heldout.y) == ([0.5, 0.525], [100])
    assert [(mark.label, mark.at) for mark in panel.marks] == [("threshold 0.70", 0.7), ("held-out 0.65", 0.65)]
    assert panel.title == "Profiles: 2 kept with an earlier neighbour, 1 dropped, 1 held-out"
    assert other.series[1].y == [100]


def test_of_fewer_than_ten_texts_each_is_a_tick_and_the_shares_of_more_are_not_rounded_to_whole_percent() -> None:
    tables = tables_of([text(n, nearest=(0.21, 0.41, 0.61)[n % 3]) for n in range(12)])
    tables["aloe"] = [certified(f"pr-{n}", 0.5 - n / 100) for n in range(9)]
    kept, near, heldout = nearest_panels(tables, told(), THRESHOLDS)[0].series
    assert sorted(set(kept.y)) == [0, 33.3333]
    assert (near.x, near.y) == ([], [])
    assert heldout.x == pytest.approx([0.42 + n / 100 for n in range(9)])
    assert heldout.y == [0] * 9


def test_rounds_are_told_in_their_order_and_summed_by_split() -> None:
    yields, pool, *_ = round_panels(told())
    assert [(one.label, one.x, one.y) for one in yields.series] == [
        ("candidates", [0, 1, 2, 3], [20, 160, 80, 20]),
        ("admitted", [0, 1, 2, 3], [18, 100, 40, 5]),
    ]
    assert [(one.label, one.x, one.y) for one in pool.series if one.y] == [
        ("train and test", [0, 1, 2], [18, 118, 158]),
        ("held-out, admitted", [3], [5]),
    ]


def test_ages_and_homes_are_counted() -> None:
    (ages,) = age_panel([18, 19, 20, 34]).series
    assert (ages.x, ages.y) == ([15, 20, 25, 30, 35], [2, 1, 0, 1])
    panel = home_panel(["Peru", "Spain", "Peru", "Chad"])
    assert (panel.names, panel.series[0].y) == (["Peru", "Chad", "Spain"], [2, 1, 1])


@pytest.mark.parametrize(
    ("statement", "years"),
    [
        ("Is 91 years old.", 91),
        ("Is 37.", 37),
        ("She is a 58-year-old piano tuner.", 58),
        ("Is 71 and lives on a boat.", 71),
        ("Is only 24.", 24),
        ("Turned 18 in April.", 18),
        ("Has just turned 29.", 29),
        ("Celebrated a 52nd birthday in February.", 52),
        ("Will turn 87 on the last day of July.", 86),
        ("Was born 53 years ago during a strike.", 53),
        ("Turned 18.", 18),
        ("Turned 40 last week.", 40),
        ("Will be 60 next spring.", 59),
        ("Became 30 and moved out.", 30),
        ("Reached the age of 70 without a licence.", 70),
        ("Is 71 and a halfback's father.", 71),
        ("Will be 15 minutes late.", None),
        ("Turned 30 acres into a garden.", None),
        ("Became 3 kilos lighter.", None),
        ("Is 6 and a half feet tall.", None),
        ("Keeps a 12-year-old dog.", None),
        ("Is 1,900 metres above the sea.", None),
        ("Is 190 centimetres tall.", None),
        ("Is 900 years old.", None),
        ("Shares the home with a mother aged 94.", None),
        ("Is ٣٧.", None),
        ("", None),
    ],
)
def test_an_age_is_that_of_the_person_said_in_figures(statement: str, years: int | None) -> None:
    assert age(["Keeps hens.", statement]) == years


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("Lives on the fifth floor of a tower in Tbilisi, Georgia.", "Georgia"),
        ("Is 40 and lives on a farm outside Nashik, India, in a tent.", "India"),
        ("Is 33 and lives with two aunts near Davao, the Philippines.", "Philippines"),
        ("Looks out on a playground in Łódź, South Korea.", "South Korea"),
        ("Lives with hens named Ada, Brit and Cleo.", None),
        ("Flew to Lima, Peru, at the age of 17.", None),
        ("Lives near Anna, Ben and Carl.", None),
        ("Lives near Anna, Ben Ali and Carl.", None),
        ("Lives in Lima, Peru and likes it.", "Peru"),
        ("Lives in a convent.", None),
    ],
)
def test_a_home_is_what_the_place_lies_in(statement: str, place: str | None) -> None:
    assert home(["Keeps hens.", statement]) == place
