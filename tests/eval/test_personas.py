"""The personas of a run, from wherever they come."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.dataset import Sample

from eval import personas
from eval.personas import Played, spread
from pipelines.errors import UserError
from pipelines.records import SchemaError, to_table
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.world import micro
from pipelines.schema import AloeRow, PersonaRow, persona_id, text_id
from pipelines.seeds.reader import SeedError
from tests.eval.players import persona, write_rows


def row(number: int, **certificate: Any) -> PersonaRow:
    """As a release holds it."""
    about = persona(number)
    both = about["profile"], about["personality"]
    shared: dict[str, Any] = {
        **about,
        "persona_id": persona_id(*both),
        "profile_id": text_id("profile", both[0]),
        "personality_id": text_id("personality", both[1]),
        "origin": "seed",
        "round": 0,
        "nearest": 0.25,
        "model": "m",
        "rehearsal": False,
    }
    return AloeRow(**shared, **certificate) if certificate else PersonaRow(**shared)


def certified(number: int) -> PersonaRow:
    nearest = {"nearest_profile_id": "pr-near", "nearest_profile": 0.5}
    return row(number, **nearest, nearest_personality_id="pe-near", nearest_personality=0.75)


def release(folder: Path, config: str, split: str, rows: Sequence[PersonaRow]) -> Path:
    (folder / config).mkdir(parents=True)
    pq.write_table(to_table(type(rows[0]), rows), folder / config / f"{split}-00000-of-00001.parquet")
    return folder


def samples(data: Path | str, base: Path = Path("/")) -> list[Sample]:
    return list(personas.dataset(str(data), None, None, base))


def test_the_benchmarks_release_comes_with_its_certificate(tmp_path: Path) -> None:
    made = samples(release(tmp_path / "aloe", "aloe", "test", [certified(0), certified(1)]))
    assert len(made) == 2
    first = made[0]
    about = asdict(certified(0))
    assert first.id == about["persona_id"]
    assert first.metadata
    assert {name: about[name] for name in first.metadata} == first.metadata
    assert first.metadata["nearest_personality"] == 0.75


def test_of_a_release_of_personas_the_held_out_ones_are_played(tmp_path: Path) -> None:
    folder = release(tmp_path / "personas", "personas", "train", [row(0)])
    with pytest.raises(UserError, match="no held-out personas"):
        samples(folder)
    pq.write_table(to_table(PersonaRow, [row(7)]), folder / "personas" / "heldout-00000-of-00001.parquet")
    [only] = samples(folder)
    assert only.id == row(7).persona_id
    assert only.metadata
    assert only.metadata["nearest_profile"] is None


def test_a_file_of_personas_needs_two_columns_and_may_have_more(tmp_path: Path) -> None:
    bare = {"profile": "Is 44.\nKeeps hens.", "personality": "Is shy."}
    [only] = samples(write_rows(tmp_path / "p.jsonl", [bare | {"weight": 3, "facts": None}]))
    assert only.metadata
    assert (only.metadata["profile"], only.metadata["facts"], only.metadata["traits"]) == (bare["profile"], [], [])
    assert only.id == persona_id(bare["profile"], "Is shy.")
    assert only.input == "Is 44. Keeps hens."


def test_jsonl_and_parquet_give_the_same(tmp_path: Path) -> None:
    lines = write_rows(tmp_path / "p.jsonl", [asdict(row(0)), asdict(row(1))])
    pq.write_table(to_table(PersonaRow, [row(0), row(1)]), tmp_path / "p.parquet")
    assert [one.model_dump() for one in samples(lines)] == [one.model_dump() for one in samples(tmp_path / "p.parquet")]


def test_odd_texts_stay_as_they_are(tmp_path: Path) -> None:
    """A text may hold the line separators of Unicode, at which a line of JSON does not end."""
    odd = {"profile": "Is 44.\u2028Keeps \u0085 hens 👩‍👩‍👧.", "personality": "Says “¿qué?”."}
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(odd, ensure_ascii=False) + "\r\n\n", encoding="utf-8")
    [only] = samples(path)
    assert only.metadata
    assert {name: only.metadata[name] for name in odd} == odd


def test_a_relative_path_starts_at_the_folder_that_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspect changes into the folder of the task before it makes the task."""
    write_rows(tmp_path / "p.jsonl", [persona()])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(samples("p.jsonl", base=tmp_path)) == 1
    with pytest.raises(SchemaError, match=r"p\.jsonl: no such folder"):
        samples("p.jsonl", base=tmp_path / "elsewhere")


# Two files of texts, as the paper's authors publish them


def reference(folder: Path, profiles: int = 330, personalities: int = 71) -> tuple[str, str]:
    """A JSON string a line; the sixth line of the profiles holds two with nothing between them."""
    texts = [json.dumps(f"He is {number} years old. He keeps hens.") for number in range(profiles + (profiles > 5))]
    texts[5:7] = ["".join(texts[5:7])] if profiles > 5 else []
    people, manners = folder / "profiles.jsonl", folder / "personalities.jsonl"
    people.write_text("\n".join(texts) + "\n")
    write_rows(manners, [f"She is person {number}. She is shy." for number in range(personalities)])
    assert len(people.read_text().splitlines()) == profiles
    return str(people), str(manners)


def test_two_files_give_the_first_twenty_profiles_with_the_first_five_personalities(tmp_path: Path) -> None:
    made = list(personas.dataset("i2a/aloe", *reference(tmp_path), tmp_path))
    assert len(made) == len({one.id for one in made}) == 100
    about = [one.metadata or {} for one in made]
    assert {one["profile"] for one in about} == {f"He is {number} years old. He keeps hens." for number in range(20)}
    assert {one["personality"] for one in about} == {f"She is person {number}. She is shy." for number in range(5)}
    assert {(tuple(one["facts"]), tuple(one["traits"])) for one in about} == {((), ())}
    assert len({one["profile"] for one in about[:20]}) == 20


def test_files_with_fewer_texts_give_what_they_have(tmp_path: Path) -> None:
    assert len(list(personas.dataset("", *reference(tmp_path, 3, 2), tmp_path))) == 6


@pytest.mark.parametrize("given_", [("profiles.jsonl", None), (None, "personalities.jsonl")])
def test_one_file_of_two_is_refused(tmp_path: Path, given_: tuple[str | None, str | None]) -> None:
    with pytest.raises(UserError, match="go together"):
        personas.dataset("i2a/aloe", *given_, tmp_path)


def test_a_file_of_texts_that_is_not_there_is_named(tmp_path: Path) -> None:
    _, manners = reference(tmp_path)
    with pytest.raises(SeedError, match=r"gone\.jsonl"):
        personas.dataset("", str(tmp_path / "gone.jsonl"), manners, tmp_path)


# What is refused


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"profile": "Is 44."', r"line 2: can't be read"),
        ('{"profile": "Is 44."}', r"line 2: `personality` is None"),
        ('{"profile": " ", "personality": "Is shy."}', r"line 2: `profile` is ' '"),
        ('{"profile": 44, "personality": "Is shy."}', r"line 2: `profile` is 44"),
        ('["Is 44.", "Is shy."]', r"line 2: is \['Is 44"),
        ('"Is 44."', r"line 2: is 'Is 44"),
        ('{"profile": "Is 44.", "personality": "Is shy.", "facts": "Is 44."}', r"line 2: `facts` must be a list"),
        ('{"profile": "Is 44.", "personality": "Is shy.", "traits": ["Is shy.", ""]}', r"line 2: `traits` must be"),
        ('{"profile": "Is 44.", "personality": "Is shy."} {"a": 1}', r"line 2: can't be read"),
    ],
)
def test_a_line_that_is_no_persona_is_named(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(persona()) + "\n" + line + "\n")
    with pytest.raises(UserError, match=rf"p\.jsonl, {told}"):
        samples(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(b'{"profile": "caf\xe9", "personality": "Is shy."}\n')
    with pytest.raises(UserError, match=r"p\.jsonl, line 1"):
        samples(tmp_path / "p.jsonl")
    (tmp_path / "p.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UserError, match=r"p\.parquet: can't be read"):
        samples(tmp_path / "p.parquet")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("profile,personality\n")
    with pytest.raises(UserError, match=r"p\.csv: personas come from \.jsonl or \.parquet"):
        samples(tmp_path / "p.csv")


def test_a_persona_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    """Its conversations would be one in the log."""
    with pytest.raises(UserError, match=r"persona 3 .* twice"):
        samples(write_rows(tmp_path / "p.jsonl", [persona(0), persona(1), persona(0)]))


@pytest.mark.parametrize("name", ["nowhere", "a folder/of/mine", ""])
def test_what_is_not_there_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises((UserError, SchemaError)):
        samples(name, tmp_path)


def test_no_personas_at_all_are_refused(tmp_path: Path) -> None:
    """A run of none would be complete."""
    with pytest.raises(UserError):
        samples(write_rows(tmp_path / "p.jsonl", []))


# Order and world


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), unique=True))
def test_whatever_is_played_first_is_spread_over_the_profiles(pairs: list[tuple[int, int]]) -> None:
    people = [Played(f"pr{profile}", f"pe{personality}") for profile, personality in pairs]
    order = spread(people)
    assert sorted(order, key=str) == sorted(people, key=str)
    profiles = len({one.profile for one in people})
    assert len({one.profile for one in order[:profiles]}) == profiles
    assert spread(people) == order


def test_the_first_personas_have_all_personalities_too() -> None:
    people = [Played(f"pr{number // 5}", f"pe{number % 5}") for number in range(100)]
    first = spread(people)[:5]
    assert len({one.profile for one in first}) == len({one.personality for one in first}) == 5


def test_the_world_is_that_of_all_personas(tmp_path: Path) -> None:
    facts, traits = micro.profile(Draw("a")), micro.personality(Draw("b"))
    spoken = {"profile": " ".join(facts), "personality": " ".join(traits), "facts": facts, "traits": traits}
    told = samples(write_rows(tmp_path / "micro.jsonl", [spoken]))
    assert personas.world_of(told) == "micro"
    assert personas.world_of([*told, *samples(write_rows(tmp_path / "full.jsonl", [persona()]))]) == "full"


def test_a_folder_that_was_moved_is_read_from_where_it_is(tmp_path: Path) -> None:
    folder = release(tmp_path / "here", "aloe", "test", [certified(0)])
    shutil.move(folder, tmp_path / "there")
    assert len(samples("there", tmp_path)) == 1
