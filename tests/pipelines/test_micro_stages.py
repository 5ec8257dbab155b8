"""Both stages in the rehearsal's micro world, run as a user runs them."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from cards.release import read_manifest
from pipelines import personas, rehearsal, trees
from pipelines.records import read_release
from pipelines.rehearsal.world import micro
from pipelines.schema import AloeRow, DroppedRow, TextRow, TreeRow
from tests.pipelines.stage import Stage

BOUND = 0.90  # the preset of both kinds
SIZES = [[], ["--personalities", "20"]]
OPTIONS = ["--world", "micro", "--per-profile", "1"]  # the pools do not depend on how many pairs are made of them


@pytest.fixture(scope="module", params=SIZES, ids=["by default", "20 personalities"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    stage = Stage(tmp_path_factory.mktemp("filled"), "", [*OPTIONS, *request.param])
    stage.run(cast=False)
    return stage


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Forty trees of ten turns."""
    folder = tmp_path_factory.mktemp("grown")
    small = ["--profiles", "40", "--personalities", "20", "--heldout-profiles", "0"]
    Stage(folder, "", [*OPTIONS, *small]).run(cast=False)
    stage = Stage(folder, "", ["--world", "micro"], name="trees")
    stage.run(cast=False)
    return stage


@pytest.mark.slow
def test_both_pools_fill_with_texts_that_keep_their_distance(filled: Stage) -> None:
    """331 + 20 profiles of ten facts, and 71 + 5 or 20 + 5 personalities of five traits."""
    out = filled.folder / "i2a/personas"
    wanted = {"profiles": (331, 20, 10), "personalities": (20 if "20" in filled.options else 71, 5, 5)}
    for config, (pool, heldout, statements) in wanted.items():
        rows = read_release(out, config, TextRow)
        assert (len(rows["train"]) + len(rows["test"]), len(rows["heldout"])) == (pool, heldout)
        for split in rows.values():
            assert {len(row.statements) for row in split} == {statements}
            assert all(micro.is_spoken(row.statements) for row in split)
            assert all(row.nearest <= BOUND + 1e-5 for row in split if row.nearest is not None)
        assert sum(row.origin == "seed" for split in rows.values() for row in split) > 15
    for row in read_release(filled.folder / "i2a/aloe", "aloe", AloeRow)["test"]:
        assert row.nearest_profile is not None
        assert row.nearest_personality is not None
        assert max(row.nearest_profile, row.nearest_personality) <= BOUND - 0.05 + 1e-5


@pytest.mark.slow
def test_near_duplicates_are_dropped_and_nothing_else_is_wrong(filled: Stage) -> None:
    rows = read_release(filled.folder / "i2a/personas", "dropped", DroppedRow)["train"]
    assert {row.reason for row in rows} == {"near-duplicate", "near-training", "surplus"}
    for reason, bound in {"near-duplicate": BOUND, "near-training": BOUND - 0.05}.items():
        assert all(row.nearest is not None and row.nearest > bound for row in rows if row.reason == reason)
    near = Counter((row.kind, row.reason) for row in rows)
    assert near["profile", "near-duplicate"] > 50
    assert near["personality", "near-training"]
    if "20" not in filled.options:  # as many as the seeds are, so that no other one comes into the pool
        assert near["personality", "near-duplicate"] > 5


@pytest.mark.slow
def test_manifest_and_card_tell_the_world_and_whose_seeds_they_were(filled: Stage) -> None:
    out = filled.folder / "i2a/personas"
    manifest = read_manifest(out)
    assert manifest is not None
    cast = manifest["recipe"]["cast"]
    assert {role: player["model"] for role, player in cast.items()} == {
        "writer": "rehearsal/micro/writer",
        "judge": "rehearsal/micro/judge",
    }
    assert manifest["recipe"]["thresholds"] == {"profile": BOUND, "personality": BOUND}
    card = (out / "README.md").read_text()
    assert card.count("they ship with i2a, made by rule") == 2
    assert "the publisher's own" not in card


@pytest.mark.slow
def test_nearly_every_pair_is_decided_for_the_tailored_reply_and_all_is_disclosed(grown: Stage) -> None:
    rows = [tree for split in read_release(grown.folder / "i2a/trees", "trees", TreeRow).values() for tree in split]
    assert len(rows) == 40
    replies = [node for tree in rows for node in tree.nodes if node.responder == "tailored"]
    assert sum(node.label == "preferred" for node in replies) > 0.9 * len(replies)
    assert not any(node.label == "rejected" for node in replies)
    for tree in rows:
        users = {node.turn: node for node in tree.nodes if node.role == "user"}
        for turn, node in users.items():
            assert node.disclosed is not None
            assert sum(number < 10 for number in node.disclosed) == turn
        assert users[6].disclosed is not None
        assert sum(number >= 10 for number in users[6].disclosed) == 5
        assert {word for node in tree.nodes for word in node.content.split()} <= set(micro.vocabulary())
        assert {node.model for node in tree.nodes} == {
            f"rehearsal/micro/{role}" for role in ("user", "tailored", "generic")
        }


@pytest.mark.slow
def test_the_other_world_is_refused_before_any_call(grown: Stage, tmp_path: Path) -> None:
    personas_of_micro = str((grown.folder / "i2a/personas").absolute())
    other = Stage(tmp_path, "", ["--personas", personas_of_micro], name="trees")
    told = other.run("--world", "full", code=2, cast=False)
    assert re.search(r"the persona p-\w+ is of the rehearsal's world micro, which --world full cannot play", told)
    assert "give --world micro, or --personas that pipelines/personas.py --world full made" in told
    assert not (tmp_path / ".i2a").exists()
    small = ["--profiles", "6", "--personalities", "4", "--per-profile", "1", "--heldout-profiles", "0"]
    Stage(tmp_path, "", small).run(cast=False)
    told = Stage(tmp_path, "", ["--world", "micro"], name="trees").run(code=2, cast=False)
    assert "is of the rehearsal's world full, which --world micro cannot play: give --world full" in told
    assert not (tmp_path / ".i2a/trees").exists()
    told = Stage(tmp_path, "", [*small, "--world", "micro"]).run(code=2, cast=False)
    assert "i2a/personas was made otherwise" in told


@pytest.mark.slow
def test_an_estimate_is_rehearsed_in_the_world_of_the_personas(grown: Stage) -> None:
    """For a real cast too, whose user would otherwise have nothing to say in the estimate."""
    options = ["--personas", "i2a/personas", "--out", "i2a/other", "--work", "other", "--dry-run"]
    told = Stage(grown.folder, "", options, name="trees").run("--world", "micro", cast=False, COLUMNS="120")
    assert re.search(r"│ user +│ rehearsal/micro/user +│ +400 │", told)
    told = Stage(grown.folder, "http://127.0.0.1:9/v1", options, name="trees").run(COLUMNS="120")
    assert re.search(r"│ user +│ rehearsal/user +│ +400 │", told)


@pytest.mark.slow
def test_a_server_speaks_the_world_that_it_was_started_with() -> None:
    import openai

    asked = [{"role": "user", "content": "what about my dinner ?"}]
    with rehearsal.serve(world="micro", seed=0) as base_url, openai.OpenAI(base_url=base_url, api_key="none") as client:
        assert {model.id for model in client.models.list()} == {
            f"rehearsal/micro/{role}"
            for role in ("writer", "user", "inducer", "tailored", "generic", "judge", "assistant", "manner")
        }
        reply = client.chat.completions.create(model="rehearsal/micro/generic", messages=asked)  # type: ignore[arg-type]
        assert reply.model == "rehearsal/micro/generic"
        assert str(reply.choices[0].message.content).startswith("sure , for your dinner , try a ")
        with pytest.raises(openai.NotFoundError, match=r"rehearsal/generic.*The rehearsal has rehearsal/micro/writer"):
            client.chat.completions.create(model="rehearsal/generic", messages=asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("main", [personas.main, trees.main])
@pytest.mark.parametrize("other", [["--llm", "openai:m"], ["--cast", "cast.yaml"]])
def test_a_world_beside_a_real_cast_is_refused(
    capsys: pytest.CaptureFixture[str], main: Callable[[list[str]], int], other: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--world", "micro", *other])
    assert re.search(r"argument --(llm|cast|world): not allowed with argument", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--profile-seeds", "mine.txt"], "--profile-seeds: --world micro brings its own seeds"),
        (["--personality-seeds", "mine.txt"], "--personality-seeds: --world micro brings its own seeds"),
        (["--embedder", "all-MiniLM-L6-v2"], "no preset threshold for the embedder 'all-MiniLM-L6-v2 (micro)'"),
    ],
)
def test_seeds_and_thresholds_of_the_full_world_are_refused(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert personas.main(["--world", "micro", *options]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
