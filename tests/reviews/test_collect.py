"""From answers to a release that goes by them: rebuilt at once, undone, rebuilt by the stage itself, and read by trees.

The server is left out: what it would give is written down. `test_annotating.py` has the whole way through the page.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines import rehearsal
from pipelines.errors import UserError
from pipelines.exports import pair_id, pairs
from pipelines.records import read_release
from pipelines.reviews.collect import Fetch, collect_personas, collect_trees
from pipelines.reviews.decisions import Reviews
from pipelines.reviews.pair_records import record_id
from pipelines.schema import AloeRow, DroppedRow, PersonaRow, PreferenceRow, ReviewRow, TextRow, TreeRow
from tests.pipelines.stage import SMALL, Stage
from tests.reviews.rows import pair_answers, persona_answers

pytestmark = pytest.mark.slow

TREES = ["--trees", "8", "--turns", "3", "--concurrency", "8", "--seed", "0"]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with rehearsal.serve(seed=0) as url:
        yield url


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, base_url: str) -> Path:
    """A folder with personas, their benchmark and trees, and the work folder that they came from."""
    folder = tmp_path_factory.mktemp("made")
    Stage(folder, base_url, options=[*SMALL, "--embedder", "lexical"]).run()
    Stage(folder, base_url, options=TREES, name="trees").run()
    return folder


@pytest.fixture
def room(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "room")
    monkeypatch.chdir(tmp_path / "room")
    return tmp_path / "room"


def given(rows: list[ReviewRow], min_submitted: int = 1, taken_back: Sequence[ReviewRow] = ()) -> Fetch:
    """What a server gives that has these answers, and drafts of what was taken back."""

    def fetch(_: str, known: Mapping[str, str]) -> tuple[Reviews, set[tuple[str, str]]]:
        people = {row.annotator for row in rows} - known.keys()
        pseudonyms = {**known, **{name: f"{int(name[1:]):012x}" for name in sorted(people)}}
        return Reviews(rows, pseudonyms, min_submitted), {
            (row.review_id, row.annotator) for row in [*rows, *taken_back]
        }

    return fetch


def of_personas(room: Path, rows: list[ReviewRow]) -> None:
    collect_personas(room / "i2a/personas", room / ".i2a", None, given(rows))


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return read


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def personas(room: Path) -> dict[str, PersonaRow]:
    return {
        row.persona_id: row
        for rows in read_release(room / "i2a/personas", "personas", PersonaRow).values()
        for row in rows
    }


def trees(room: Path) -> list[TreeRow]:
    return [row for rows in read_release(room / "i2a/trees", "trees", TreeRow).values() for row in rows]


def test_decisions_on_personas_become_data_at_once_and_the_trees_follow(room: Path, base_url: str) -> None:
    played, before = trees(room), personas(room)
    rejected, edited, held = (
        before[played[0].persona_id],
        before[played[1].persona_id],
        next(row for row in read_release(room / "i2a/personas", "personas", PersonaRow)["heldout"]),
    )
    statements = [*edited.facts[:-1], "Keeps eleven beehives on a flat roof \u2603."]
    rows = [
        *persona_answers(rejected, profile="reject", reasons="stereotype"),
        *persona_answers(edited, profile="edit", edit="\n".join(statements)),
        *persona_answers(held, pairing="reject"),
    ]
    of_personas(room, rows)

    after = personas(room)
    assert rejected.profile_id not in {row.profile_id for row in after.values()}
    (new,) = {row.profile for row in after.values()} - {row.profile for row in before.values()}
    assert new == " ".join(statements)
    assert held.persona_id not in after
    benchmark = read_release(room / "i2a/aloe", "aloe", AloeRow)["test"]
    assert {row.persona_id for row in benchmark} == {
        row.persona_id for row in read_release(room / "i2a/personas", "personas", PersonaRow)["heldout"]
    }
    texts = [row for rows in read_release(room / "i2a/personas", "profiles", TextRow).values() for row in rows]
    assert [row.replaces for row in texts if row.text == new] == [edited.profile_id]
    told = manifest(room / "i2a/personas")
    assert told["dropped"]["profile"]["review:stereotype"] == told["dropped"]["profile"]["review:edited"] == 1
    assert told["review"]["decisions"]["profile"]["decided"] == {"keep": 1, "edit": 1, "reject": 1}
    assert sorted(read_release(room / "i2a/personas", "reviews", ReviewRow)["train"], key=repr) == sorted(
        rows, key=repr
    )
    assert manifest(room / "i2a/aloe")["review"] == told["review"]
    assert "\n## Human review\n" in (room / "i2a/personas/README.md").read_text()
    assert "Not yet reviewed" not in (room / "i2a/personas/README.md").read_text()

    gone = {tree.tree_id for tree in played if tree.persona_id not in after}
    assert {tree.tree_id for tree in trees(room)} == {tree.tree_id for tree in played} - gone
    dropped = read_release(room / "i2a/trees", "dropped", DroppedRow)["train"]
    assert {row.id for row in dropped if row.reason == "review:persona"} == gone
    assert not {row.tree_id for row in read_release(room / "i2a/trees", "preference", PreferenceRow)["train"]} & gone

    once = files(room / "i2a")
    of_personas(room, rows)
    assert files(room / "i2a") == once

    stage = Stage(room, base_url, options=TREES, name="trees")
    stage.run()
    assert manifest(room / "i2a/trees")["trees"]["kept"] == len(played)
    assert {tree.persona_id for tree in trees(room)} <= after.keys()

    grown = next(after[tree.persona_id] for tree in trees(room))
    again = [*rows, *persona_answers(grown, profile="edit", edit="\n".join(grown.facts[1:]))]
    of_personas(room, again)
    stage.run()
    with_edit = next(tree for tree in trees(room) if tree.facts == grown.facts[1:])
    of_personas(room, [*again, *persona_answers(personas(room)[with_edit.persona_id], profile="reject")])
    assert with_edit.tree_id not in {tree.tree_id for tree in trees(room)}


def test_reviewers_may_change_their_minds_and_all_is_as_before(room: Path) -> None:
    untouched = files(room / "i2a")
    row = personas(room)[trees(room)[0].persona_id]
    of_personas(room, persona_answers(row, profile="reject", personality="reject"))
    assert row.persona_id not in personas(room)
    of_personas(room, persona_answers(row))
    for name, content in untouched.items():
        if name.endswith(".png") or name.startswith(("personas/p", "aloe/aloe", "trees/")):
            assert (room / "i2a" / name).read_bytes() == content, name


def test_a_rebuild_from_the_journal_goes_by_the_reviews_and_keeps_them(room: Path, base_url: str) -> None:
    row = personas(room)[trees(room)[0].persona_id]
    of_personas(room, persona_answers(row, profile="reject"))
    collected = files(room / "i2a/personas")
    stage = Stage(room, base_url, options=[*SMALL, "--embedder", "lexical"])
    assert "nothing to do" in stage.run()
    stage.run("--overwrite")
    assert files(room / "i2a/personas") == collected
    assert stage.told()["made"] == 0

    larger = [*SMALL, "--embedder", "lexical", "--profiles", "34"]
    Stage(room, base_url, options=larger).run()
    assert row.profile not in {one.profile for one in personas(room).values()}
    assert manifest(room / "i2a/personas")["counts"]["reviews"] == {"train": 4}
    of_personas(room, persona_answers(row))
    assert row.persona_id in personas(room)


def test_decisions_on_pairs_change_what_trainers_read(room: Path, base_url: str) -> None:
    before = [row for rows in read_release(room / "i2a/trees", "preference", PreferenceRow).values() for row in rows]
    wrong, fine, one_answer = (f"{row.tree_id}/{row.node}" for row in before[:3])
    records = {pair_id(tree, pair): record_id(tree, pair) for tree in trees(room) for pair in pairs(tree)}
    preferred = {
        f"{row.tree_id}/{row.node}": "generic" if "generic" in _winner(room, row) else "tailored" for row in before
    }
    other = {"tailored": "generic", "generic": "tailored"}
    rows = [
        *(row for by in ("a01", "a02") for row in pair_answers(records[wrong], other[preferred[wrong]], by=by)),
        *(row for by in ("a01", "a02") for row in pair_answers(records[fine], preferred[fine], by=by)),
        *pair_answers(records[one_answer], "no-difference"),
    ]
    collect_trees(room / "i2a/trees", given(rows, min_submitted=2))

    after = [row for rows in read_release(room / "i2a/trees", "preference", PreferenceRow).values() for row in rows]
    assert after == [row for row in before if f"{row.tree_id}/{row.node}" != wrong]
    dropped = read_release(room / "i2a/trees", "dropped", DroppedRow)["train"]
    assert [row.id for row in dropped if row.reason == "review:other-preferred"] == [wrong]
    told = manifest(room / "i2a/trees")
    assert told["pairs"]["undecided"]["review:other-preferred"] == 1
    assert told["review"]["judge"]["accuracy"]["share"] == 0.5
    assert told["review"]["records"] == {"complete": 2, "cover": 0, "random": 2, "reviewed": 3, "targeted": 0}
    once = files(room / "i2a/trees")
    collect_trees(room / "i2a/trees", given(rows, min_submitted=2))
    assert files(room / "i2a/trees") == once

    Stage(room, base_url, options=TREES, name="trees").run("--overwrite")
    assert files(room / "i2a/trees") == once


def test_what_another_server_has_takes_no_answer_out_of_the_data(room: Path) -> None:
    """Nor does one that was set up anew, or lost an account: the records are the same ones there."""
    first, second = list(personas(room).values())[:2]
    of_personas(room, persona_answers(first, profile="reject"))
    (room / "i2a/broken").mkdir()
    (room / "i2a/broken/manifest.json").write_text("{")  # a neighbour that is none
    of_personas(room, [*persona_answers(first, by="a02"), *persona_answers(second, by="a02")])
    rows = read_release(room / "i2a/personas", "reviews", ReviewRow)["train"]
    assert len(rows) == 4 + 4 + 4
    assert first.persona_id in personas(room)  # a tie
    assert manifest(room / "i2a/personas")["reviewers"]["pseudonyms"].keys() == {"a01", "a02"}


def test_an_answer_that_was_taken_back_decides_nothing_any_more(room: Path) -> None:
    untouched = files(room / "i2a")
    rows = persona_answers(personas(room)[trees(room)[0].persona_id], profile="reject")
    of_personas(room, rows)
    collect_personas(room / "i2a/personas", room / ".i2a", None, given([], taken_back=rows))
    same = {name for name, content in untouched.items() if (room / "i2a" / name).read_bytes() == content}
    assert {name.split("/")[0] for name in untouched.keys() - same} == {"personas", "aloe"}
    assert {name.split("/")[1] for name in untouched.keys() - same} == {"manifest.json"}
    told = manifest(room / "i2a/personas")
    assert (told["review"], told["reviewers"]["pseudonyms"].keys()) == (None, {"a01"})


def test_the_benchmark_of_others_is_left_alone(room: Path) -> None:
    path = room / "i2a/aloe/manifest.json"
    path.write_text(path.read_text().replace('"belongs_to": "i2a/personas"', '"belongs_to": "other/personas"'))
    before = files(room / "i2a")
    with pytest.raises(UserError, match="is the benchmark of other/personas"):
        of_personas(room, persona_answers(next(iter(personas(room).values()))))
    assert files(room / "i2a") == before


def test_what_can_t_be_collected_into_is_told_and_stays_as_it_is(room: Path, tmp_path: Path) -> None:
    row = next(iter(personas(room).values()))
    with pytest.raises(UserError, match=r"holds nothing: make personas with pipelines/personas\.py"):
        collect_personas(tmp_path / "nowhere", room / ".i2a", None, given(persona_answers(row)))
    with pytest.raises(UserError, match="holds a release of trees"):
        collect_personas(room / "i2a/trees", room / ".i2a", None, given(persona_answers(row)))
    before = files(room / "i2a")
    with pytest.raises(UserError, match="the personas were made with lexical"):
        collect_personas(room / "i2a/personas", room / ".i2a", "other/model", given(persona_answers(row)))
    assert files(room / "i2a") == before


def _winner(room: Path, row: PreferenceRow) -> str:
    tree = next(tree for tree in trees(room) if tree.tree_id == row.tree_id)
    return next(str(node.responder) for node in tree.nodes if node.parent == row.node and node.label == "preferred")


def test_what_reviewers_took_out_does_not_come_back_when_the_pool_is_enlarged(room: Path) -> None:
    from filters.embed import load_embedder
    from pipelines.cast import rehearsal_cast
    from pipelines.persona_job import ROLES
    from pipelines.personas import job_of, options_of
    from pipelines.steps.build_personas import Build
    from pipelines.steps.pool import Candidate

    row = next(row for row in personas(room).values() if row.round)
    of_personas(room, persona_answers(row, profile="reject"))
    job = job_of(options_of(SMALL), rehearsal_cast(ROLES, "http://127.0.0.1/v1"))
    build = Build(job, None, load_embedder("lexical"))  # type: ignore[arg-type]  # it makes no call here
    build._restore(room / "i2a/personas")
    pool = build.main["profile"]
    nearly = [*row.facts[:-1], row.facts[-1].removesuffix(".") + ", still."]
    assert pool.admit([Candidate(nearly, "generated", 9, "m")], "train", limit=999) == 0
    (dropped,) = pool.ledger.dropped
    assert (dropped.reason, dropped.nearest_id) == ("near-withdrawn", row.profile_id)
