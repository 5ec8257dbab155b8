"""What the personas' releases tell: counts, sums over the steps of an enlarged pool, and what belongs to what."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cards import release
from pipelines import persona_release
from pipelines.cast import Cast, Player, Price
from pipelines.persona_job import Job, Tables
from pipelines.persona_release import aloe_folder, publish, repo_ids
from pipelines.records import read_release
from pipelines.schema import KINDS, PLURAL, AloeRow, DroppedRow, Kind, PersonaRow, TextRow
from pipelines.seeds.reader import SEED_FILES, Seed, read_seeds

NEAR = {"min": 0.1, "median": 0.3, "p90": 0.35, "max": 0.4}
INSIDE = {"min": 0.2, "median": 0.5, "p90": 0.55, "max": 0.6}
TOLD: dict[str, Any] = {
    "embedder": "lexical",
    "rounds": [
        {"kind": kind, "split": "train", "round": number, "candidates": 9, "kept": 2}
        for kind in KINDS
        for number in (0, 1)
    ],
    "saturated": {"train profiles": False, "train personalities": True},
    "pairs": {"fits": 5, "contradiction": 1},
    "short_profiles": 0,
    "distances": {kind: {"bound": 0.65, "heldout_to_train": NEAR, "inside_train": INSIDE} for kind in KINDS},
    "usage": {
        "writer": {"calls": 3, "tokens_in": 30, "tokens_out": 300},
        "judge": {"calls": 4, "tokens_in": 40, "tokens_out": 400},
    },
    "unreadable": {"no-json": 2},
}


def text(kind: Kind, number: int, split: str) -> TextRow:
    words = ["hens cello bread", "rowing chess tin", "maps orchids rust", "kites yeast drums", "foxes glue piano"][
        number
    ]
    statement = f"{kind.title()} {words}."
    origin = "seed" if number == 0 else "generated"
    return TextRow(f"{kind[:2]}-{number}", statement, [statement], split, origin, number, None, None, None, False, None)


def persona(profile: TextRow, personality: TextRow) -> PersonaRow:
    name = f"p-{profile.id}{personality.id}"
    texts = (profile.text, personality.text, profile.statements, personality.statements)
    return PersonaRow(name, profile.id, personality.id, *texts, "generated", 1, None, "m", False)


@pytest.fixture
def tables() -> Tables:
    """Three texts of train and one of test, each way; a held-out one; what was dropped."""
    splits = ["train", "train", "train", "test", "heldout"]
    texts = {kind: [text(kind, number, split) for number, split in enumerate(splits)] for kind in KINDS}
    personas = [persona(*pair) for pair in zip(texts["profile"], texts["personality"], strict=True)]
    held_out = personas[-1]
    fields = {name: getattr(held_out, name) for name in PersonaRow.__slots__}
    return {
        **{PLURAL[kind]: rows for kind, rows in texts.items()},
        "personas": personas[:-1],
        "heldout": [held_out],
        "aloe": [AloeRow(**fields, nearest_profile_id="pr-0", nearest_profile=0.4,
                         nearest_personality_id="pe-0", nearest_personality=0.3)],
        "dropped": [DroppedRow("profile", f"pr-9{n}", reason, "", None, None, "x")
                    for n, reason in enumerate(["too-short", "near-duplicate", "too-short"])],
    }  # fmt: skip


@pytest.fixture
def job(tmp_path: Path) -> Job:
    seeds: dict[Kind, list[Seed]] = {kind: read_seeds(str(SEED_FILES[kind]), kind) for kind in KINDS}
    settings = {"model": "m", "generation_kwargs": {}}
    writer, judge = Player("writer", "OpenAILLM", settings, Price(1.0, 2.0)), Player("judge", "OpenAILLM", settings)
    targets: dict[Kind, int] = {"profile": 4, "personality": 5}
    bounds: dict[Kind, float] = dict.fromkeys(KINDS, 0.7)
    heldout: dict[Kind, int] = dict.fromkeys(KINDS, 1)
    cast = Cast({"writer": writer, "judge": judge})
    return Job(cast, 0, seeds, targets, heldout, 1, "lexical", bounds, 1, None, tmp_path / "work")


@pytest.fixture(autouse=True)
def _without_figures_and_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both take seconds, and have tests of their own."""
    monkeypatch.setattr(persona_release, "_figures", lambda *_: [])
    monkeypatch.setattr(release, "_check", lambda *_: None)


def written(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


def test_personas_and_benchmark_name_each_other_and_their_prices(tmp_path: Path, job: Job, tables: Tables) -> None:
    out = tmp_path / "i2a/personas"
    publish(repo_ids(out, "me/people"), tables, TOLD, job, grown_from=None)
    personas, benchmark = written(out), written(aloe_folder(out))
    assert personas["siblings"] == ["me/aloe"]
    assert "belongs_to" not in personas
    assert (benchmark["siblings"], benchmark["belongs_to"]) == (["me/people"], "me/people")
    assert personas["prices"] == benchmark["prices"] == {"writer": {"input": 1.0, "output": 2.0}}
    assert "price" not in json.dumps(personas["recipe"])
    assert personas["grown_from"] == []
    assert "wrote all but the seeds, 1 profiles and 1 personalities:" in (out / "README.md").read_text()
    assert len(read_release(out, "personas", PersonaRow)["heldout"]) == 1


def test_a_pool_without_held_out_texts_has_no_sibling(tmp_path: Path, job: Job, tables: Tables) -> None:
    tables = {name: [row for row in rows if getattr(row, "split", "") != "heldout"] for name, rows in tables.items()}
    out = tmp_path / "i2a/personas"
    publish(repo_ids(out), tables | {"heldout": [], "aloe": []}, TOLD, job, grown_from=None)
    assert written(out)["siblings"] == []
    assert not aloe_folder(out).exists()
    assert "i2a/aloe" not in (out / "README.md").read_text()


def test_a_pool_without_held_out_texts_takes_away_its_own_old_benchmark_and_no_other(
    tmp_path: Path, job: Job, tables: Tables
) -> None:
    ours, others = tmp_path / "i2a/personas", tmp_path / "i2a/small"
    publish(repo_ids(ours), tables, TOLD, job, grown_from=None)
    bare = {name: [row for row in rows if getattr(row, "split", "") != "heldout"] for name, rows in tables.items()}
    bare |= {"heldout": [], "aloe": []}
    publish(repo_ids(others), bare, TOLD, job, grown_from=None)
    assert aloe_folder(ours).exists()
    publish(repo_ids(ours), bare, TOLD, job, grown_from=None)
    assert not aloe_folder(ours).exists()


def test_an_enlarged_pool_tells_all_its_steps(tmp_path: Path, job: Job, tables: Tables) -> None:
    out = tmp_path / "i2a/personas"
    ids = repo_ids(out)
    publish(ids, tables, TOLD, job, grown_from=None)
    first = written(out)
    larger = replace(job, targets={"profile": 40, "personality": 5})
    publish(ids, tables, TOLD, larger, grown_from=first)
    second = written(out)
    publish(ids, tables, TOLD, replace(job, targets={"profile": 50, "personality": 6}), grown_from=second)
    third = written(out)

    steps = [{"profiles": 4, "personalities": 5}, {"profiles": 40, "personalities": 5}]
    assert [step["recipe"] for step in third["grown_from"]] == steps
    assert [step["files"] for step in third["grown_from"]] == [first["files"], second["files"]]
    assert third["told"]["usage"]["judge"] == {"calls": 12, "tokens_in": 120, "tokens_out": 1200}
    said = (out / "README.md").read_text()
    assert "The pool was first made with 4 profiles and 5 personalities and then enlarged, in 2 steps." in said
    assert "made last" not in said
    assert "after these were complete" not in (aloe_folder(out) / "README.md").read_text()


def test_a_benchmark_made_again_tells_the_steps_of_its_personas(tmp_path: Path, job: Job, tables: Tables) -> None:
    """Where it alone was missing, it gets the manifest of the personas, and these stay as they are."""
    out = tmp_path / "i2a/personas"
    publish(repo_ids(out), tables, TOLD, job, grown_from=None)
    before, benchmark = written(out), (aloe_folder(out) / "README.md").read_text()
    shutil.rmtree(aloe_folder(out))
    publish(repo_ids(out), tables, TOLD, job, grown_from=before)
    assert (aloe_folder(out) / "README.md").read_text() == benchmark
    assert written(out) == before


def test_what_two_steps_took_is_summed() -> None:
    later = TOLD | {
        "pairs": {"fits": 2},
        "unreadable": {"empty": 1, "no-json": 1},
        "rounds": [{"kind": "profile", "split": "train", "round": 2, "candidates": 5, "kept": 5}],
        "saturated": {"train profiles": True},
        "usage": {"writer": {"calls": 1, "tokens_in": 2, "tokens_out": 3}},
    }
    both = persona_release._with_earlier(later, TOLD)
    assert both["usage"] == {"writer": {"calls": 4, "tokens_in": 32, "tokens_out": 303}}
    assert both["pairs"] == {"fits": 7, "contradiction": 1}
    assert both["unreadable"] == {"no-json": 3, "empty": 1}
    assert both["rounds"] == [*TOLD["rounds"], *later["rounds"]]
    assert both["saturated"] == {"train profiles": True, "train personalities": True}


def test_candidates_are_what_stayed_and_what_did_not(tables: Tables) -> None:
    dropped = persona_release._drops(tables)
    assert dropped["profile"] == {"too-short": 2, "near-duplicate": 1}
    assert persona_release._yield("profiles", "profile", tables, dropped["profile"], TOLD) == {
        "kind": "profiles",
        "rounds": 1,
        "candidates": 8,
        "kept": 5,
        "dropped": dropped["profile"],
        "ended": "the pool was full",
    }
    personas = persona_release._yield("personas", "persona", tables, {}, TOLD)
    assert (personas["candidates"], personas["kept"], personas["rounds"], personas["ended"]) == (5, 5, None, None)
    personalities = persona_release._yield("personalities", "personality", tables, {}, TOLD)
    assert personalities["ended"] == "the writer had nothing new to say"


def test_distances_of_held_out_texts_and_inside_train_are_told_apart() -> None:
    assert persona_release._leakage(TOLD["distances"]["profile"]) == {
        "bound": 0.65,
        "heldout_max": 0.4,
        "heldout_median": 0.3,
        "train_max": 0.6,
        "train_median": 0.5,
    }
    nothing = persona_release._leakage({"bound": 0.65, "heldout_to_train": None, "inside_train": None})
    assert set(nothing.values()) == {0.65, None}
