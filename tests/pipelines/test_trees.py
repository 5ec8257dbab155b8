"""The tree stage as a whole, run as a user runs it."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cards.release import read_manifest
from pipelines import rehearsal
from pipelines.exports import check_tree, pairs
from pipelines.records import arrow_schema, read_release
from pipelines.schema import (
    DroppedRow,
    KtoRow,
    PersonaRow,
    PreferenceRow,
    SftRow,
    TreeRow,
    persona_id,
    text_id,
    tree_id,
)
from pipelines.seeds.reader import SEED_FILES, read_seeds
from tests.pipelines.stage import KEY, REPO, Stage, stats

pytestmark = pytest.mark.slow

OPTIONS = ["--turns", "4", "--concurrency", "8"]
TREES, TURNS = 12, 4
CALLS = TREES * TURNS * 6  # user, inducer, tailored, generic and two votes a turn


@pytest.fixture(scope="module")
def personas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of twelve personas out of the seeds, three of them for the test, and one held out."""
    folder = tmp_path_factory.mktemp("input") / "i2a/personas"
    (folder / "personas").mkdir(parents=True)
    seeds = [read_seeds(str(SEED_FILES[kind]), kind)[: TREES + 1] for kind in ("profile", "personality")]
    rows = [
        PersonaRow(
            persona_id(profile.text, personality.text),
            text_id("profile", profile.text),
            text_id("personality", personality.text),
            profile.text,
            personality.text,
            profile.statements,
            personality.statements,
            "seed",
            0,
            None,
            None,
            rehearsal=True,
        )
        for profile, personality in zip(*seeds, strict=True)
    ]
    for split, part in {"train": rows[:9], "test": rows[9:12], "heldout": rows[12:]}.items():
        table = pa.Table.from_pylist([asdict(row) for row in part], schema=arrow_schema(PersonaRow))
        pq.write_table(table, folder / f"personas/{split}-00000-of-00001.parquet")
    return folder


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with rehearsal.serve(seed=0, latency=0.05, jitter=0.02) as url:
        yield url


def stage_in(folder: Path, base_url: str, personas: Path, timeout: float = 5.0) -> Stage:
    stage = Stage(folder, base_url, list(OPTIONS), timeout, "trees")
    shutil.copytree(personas, folder / "i2a/personas")
    return stage


@pytest.fixture(scope="module")
def finished(base_url: str, personas: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A run that nothing interrupted."""
    stage = stage_in(tmp_path_factory.mktemp("finished"), base_url, personas)
    stage.run()
    return stage


def trees_of(stage: Stage) -> dict[str, list[TreeRow]]:
    return read_release(stage.folder / "i2a/trees", "trees", TreeRow)


def test_each_persona_of_train_and_test_has_one_tree_of_so_many_turns_in_its_own_split(
    finished: Stage, personas: Path
) -> None:
    trees, rows = trees_of(finished), read_release(personas, "personas", PersonaRow)
    for split in ("train", "test"):
        assert [tree.tree_id for tree in trees[split]] == sorted(tree_id(0, row.persona_id) for row in rows[split])
        assert {tree.persona_id for tree in trees[split]} == {row.persona_id for row in rows[split]}
        for tree in trees[split]:
            check_tree(tree)
            assert [pair.user.turn for pair in pairs(tree)] == [1, 2, 3, 4]
            assert tree.rehearsal
    assert set(trees) == {"train", "test"}
    assert finished.journaled() == CALLS


def test_the_exports_hold_every_decided_pair_and_dropped_the_others(finished: Stage) -> None:
    out = finished.folder / "i2a/trees"
    preference = read_release(out, "preference", PreferenceRow)
    sft, kto = read_release(out, "sft", SftRow), read_release(out, "kto", KtoRow)
    undecided = 0
    for split, trees in trees_of(finished).items():
        decided = {(tree.tree_id, pair.user.id) for tree in trees for pair in pairs(tree) if pair.decided}
        undecided += sum(not pair.decided for tree in trees for pair in pairs(tree))
        assert {(row.tree_id, row.node) for row in preference[split]} == decided
        assert len(preference[split]) == len(sft[split]) == len(kto[split]) // 2 == len(decided)
    dropped = read_release(out, "dropped", DroppedRow)["train"]
    assert Counter(row.kind for row in dropped) == {"pair": undecided}
    assert undecided


def test_what_is_told_is_what_stands_in_the_release_manifest_and_card(finished: Stage, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "again", finished.base_url, list(OPTIONS), name="trees")
    shutil.copytree(finished.folder / ".i2a", stage.folder / ".i2a")
    shutil.copytree(finished.folder / "i2a/personas", stage.folder / "i2a/personas")
    told = stage.run()
    manifest = read_manifest(stage.folder / "i2a/trees")
    assert manifest is not None
    out = stage.folder / "i2a/trees"
    rows = {
        config: {split: len(rows) for split, rows in read_release(out, config, record).items()}
        for config, record in (("trees", TreeRow), ("preference", PreferenceRow), ("sft", SftRow), ("kto", KtoRow))
    }
    assert manifest["counts"] == rows | {"dropped": {"train": manifest["counts"]["dropped"]["train"]}}
    assert re.search(r"trees │ +12 │ +12 │ -", told)
    assert "0 calls made, 0 from the journal" in told
    card = (out / "README.md").read_text()
    for said in ("Rehearsal data", f"--max_length {manifest['max_length']['tokens']}", "figures/trees.html"):
        assert said in card
    assert f"--max_length {manifest['max_length']['tokens']}" in told
    assert stage.files() == finished.files()


def test_load_dataset_reads_every_config_by_the_line_that_is_printed(finished: Stage) -> None:
    code = """
from datasets import load_dataset
trees = load_dataset("i2a/trees")
print({split: rows.num_rows for split, rows in trees.items()}, trees["train"][0]["nodes"][1]["votes"][0]["first"])
for config in ("preference", "sft", "kto", "dropped"):
    rows = load_dataset("i2a/trees", config)["train"]
    print(config, rows.column_names[:3], rows.num_rows > 0)
"""
    environment = {"HF_HOME": str(finished.folder / "hf"), "HF_HUB_OFFLINE": "1", "PATH": ""}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=finished.folder, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert told[-5].startswith("{'train': 9, 'test': 3} ")
    assert told[-4:] == [
        "preference ['prompt', 'chosen', 'rejected'] True",
        "sft ['prompt', 'completion', 'tree_id'] True",
        "kto ['prompt', 'completion', 'label'] True",
        "dropped ['kind', 'id', 'reason'] True",
    ]


def test_the_same_command_again_has_nothing_to_do_and_makes_no_call(finished: Stage, base_url: str) -> None:
    served, files = stats(base_url)["requests"], finished.files()
    assert "nothing to do" in finished.run()
    assert (stats(base_url)["requests"], finished.files()) == (served, files)


def test_other_settings_are_refused_without_overwrite_and_nothing_is_touched(finished: Stage) -> None:
    files = finished.files()
    told = finished.run("--votes", "4", "--trees", "5", code=2)
    assert "was made otherwise (trees 12 -> 5, votes 2 -> 4)" in told
    assert "--overwrite" in told
    assert finished.files() == files


@pytest.mark.parametrize("calls", [1, 30, 90, 150, 250])
def test_a_killed_run_ends_with_the_same_release_and_makes_no_finished_call_again(
    finished: Stage, base_url: str, personas: Path, tmp_path: Path, calls: int
) -> None:
    stage = stage_in(tmp_path / "killed", base_url, personas)
    stage.end_at(calls, signal.SIGKILL)
    done = stage.journaled()
    grown = sum(path.read_bytes().count(b"\n") for path in (stage.folder / ".i2a/trees/finished").glob("*.jsonl"))
    assert calls <= done < CALLS
    stage.run()
    assert stage.files() == finished.files()
    assert stage.told()["made"] == CALLS - done
    assert stage.told()["from_journal"] == done - grown * TURNS * 6  # nothing of a finished tree is asked again


def test_ctrl_c_finishes_the_calls_under_way_and_the_same_command_goes_on(
    finished: Stage, base_url: str, personas: Path, tmp_path: Path
) -> None:
    stage = stage_in(tmp_path / "stopped", base_url, personas)
    told = stage.end_at(60, signal.SIGINT)
    assert "the same command goes on from there" in told
    assert "Traceback" not in told
    assert stats(base_url)["in_flight"] == 0
    assert not (stage.folder / "i2a/trees").exists()
    stage.run()
    assert stage.files() == finished.files()


@pytest.mark.parametrize(
    "options",
    [["--concurrency", "1"], ["--concurrency", "64"], ["--replicas", "2"], ["--replicas", "2", "--ray", "local"]],
)
def test_the_data_does_not_depend_on_how_many_work_at_it_and_where(
    finished: Stage, base_url: str, personas: Path, tmp_path: Path, options: list[str]
) -> None:
    stage = stage_in(tmp_path / "otherwise", base_url, personas)
    stage.run(*options)
    assert stage.files() == finished.files()


def test_more_trees_go_on_from_those_that_are_there(
    finished: Stage, base_url: str, personas: Path, tmp_path: Path
) -> None:
    stage = stage_in(tmp_path / "more", base_url, personas)
    stage.run("--trees", "4")
    few = trees_of(stage)
    assert {split: len(trees) for split, trees in few.items()} == {"train": 3, "test": 1}
    stage.run()
    assert stage.told()["made"] == 8 * TURNS * 6
    assert stage.files() == finished.files()
    assert all(tree in trees_of(stage)[split] for split, trees in few.items() for tree in trees)


def test_more_turns_and_votes_pay_only_for_what_is_new(base_url: str, personas: Path, tmp_path: Path) -> None:
    stage = stage_in(tmp_path / "longer", base_url, personas)
    stage.run("--trees", "4")
    stage.run("--trees", "4", "--turns", "5", "--votes", "4", "--overwrite")
    assert stage.told()["made"] == 4 * (TURNS * 2 + 8)
    assert stage.told()["from_journal"] == 4 * TURNS * 6


def test_changed_personas_are_followed_unasked_and_only_new_ones_cost_calls(
    finished: Stage, base_url: str, personas: Path, tmp_path: Path
) -> None:
    stage = stage_in(tmp_path / "changed", base_url, personas)
    path = stage.folder / "i2a/personas/personas/train-00000-of-00001.parquet"
    whole = pq.read_table(path)
    pq.write_table(whole.slice(0, 7), path)
    stage.run()
    pq.write_table(whole, path)
    assert "trees 10 -> 3" in stage.run("--trees", "3", code=2)  # never a smaller release unasked
    stage.run()
    assert stage.told()["made"] == 2 * TURNS * 6
    assert stage.files()["trees/manifest.json"] == finished.files()["trees/manifest.json"]


def test_an_unruly_endpoint_costs_retries_and_every_tree_is_there_or_dropped_with_its_reason(
    personas: Path, tmp_path: Path
) -> None:
    rates = {"rate_429": 0.1, "rate_500": 0.05, "rate_hang": 0.02, "rate_garbage": 0.03, "rate_refusal": 0.3}
    with rehearsal.serve(seed=0, **rates) as url:
        stage = stage_in(tmp_path / "unruly", url, personas, timeout=1.0)
        told = stage.run()
        retries = stage.told()["retries"]
    assert {"429", "500", "timeout"} <= set(retries)
    assert re.search(r"tried again after .*429 \d+", told)
    assert "could not be read and were asked for again: " in told
    kept = sum(map(len, trees_of(stage).values()))
    dropped = read_release(stage.folder / "i2a/trees", "dropped", DroppedRow)["train"]
    lost = [row for row in dropped if row.kind == "tree"]
    assert kept + len(lost) == TREES
    assert lost  # at these rates some are
    for row in lost:
        assert re.fullmatch(r"(user|inducer|tailored|generic)-(refusal|unreadable|empty)", row.reason)
        assert json.loads(row.content)["tree_id"] == row.id


def test_a_run_that_loses_every_tree_tells_why_and_publishes_nothing(personas: Path, tmp_path: Path) -> None:
    with rehearsal.serve(seed=0, rate_refusal=1.0) as url:
        told = stage_in(tmp_path / "refused", url, personas).run(code=2)
    assert "no tree came to its end: user-refusal 12; the first one: turn 1: the user gave no readable reply" in told
    assert "Traceback" not in told
    assert not (tmp_path / "refused/i2a/trees").exists()


def test_a_judge_who_decides_nothing_leaves_trees_and_says_that_there_is_nothing_to_train_on(
    base_url: str, personas: Path, tmp_path: Path
) -> None:
    stage = stage_in(tmp_path / "undecided", base_url, personas)
    cast = json.loads((stage.folder / "cast.yaml").read_text())
    cast["judge"]["model"] = "rehearsal/generic"  # which gives no scores
    (stage.folder / "cast.yaml").write_text(json.dumps(cast))
    told = stage.run("--trees", "3")
    assert "no pair was decided" in told
    assert sum(map(len, trees_of(stage).values())) == 3
    assert not (stage.folder / "i2a/trees/preference").exists()


def test_an_endpoint_that_goes_down_and_comes_back_is_waited_for(
    finished: Stage, personas: Path, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = rehearsal.start(seed=0, latency=0.05, port=port)
    try:
        stage = stage_in(tmp_path / "down", server.base_url, personas)
        process = stage.start()
        while stage.journaled() < 60:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.01)
        server.stop()
        time.sleep(3)  # for so long nobody answers
        server = rehearsal.start(seed=0, latency=0.05, port=port)
        told, _ = process.communicate(timeout=120)
    finally:
        server.stop()
    assert process.returncode == 0, told
    assert re.search(r"tried again after .*(timeout|connection) \d+", told)
    assert stage.files() == finished.files()


def test_a_bound_on_money_stops_in_good_order_and_a_higher_one_goes_on(
    finished: Stage, base_url: str, personas: Path, tmp_path: Path
) -> None:
    stage = stage_in(tmp_path / "dear", base_url, personas)
    cast = json.loads((stage.folder / "cast.yaml").read_text())
    for entry in cast.values():
        entry["price"] = {"input": 100, "output": 100}
    (stage.folder / "cast.yaml").write_text(json.dumps(cast))
    told = stage.run("--max-cost", "9", code=3)
    assert "stopped at" in told
    done = stage.journaled()
    assert 0 < done < CALLS
    told = stage.run("--max-cost", "1000")
    cost = float(re.findall(r"cost ([\d.]+) in all", told)[0])
    assert stage.told()["made"] == CALLS - done
    assert cost > 9
    assert {name: content for name, content in stage.files().items() if name.endswith("parquet")} == {
        name: content for name, content in finished.files().items() if name.endswith("parquet")
    }


def test_a_dry_run_tells_calls_tokens_and_cost_and_makes_none(
    finished: Stage, base_url: str, personas: Path, tmp_path: Path
) -> None:
    stage = stage_in(tmp_path / "dry", base_url, personas)
    served = stats(base_url)["requests"]
    told = stage.run("--dry-run")
    assert stats(base_url)["requests"] == served
    assert not (stage.folder / "i2a/trees").exists()
    assert not (stage.folder / ".i2a").exists()
    assert re.search(r"│ judge +│ rehearsal/judge +│ +96 │", told)
    assert re.search(r"│ all +│ +│ +288 │", told)
    manifest = read_manifest(finished.folder / "i2a/trees")
    assert manifest is not None
    tokens = sum(use["tokens_in"] for use in manifest["usage"].values())
    (estimated,) = re.findall(r"│ all +│ +│ +288 │ +([\d,]+) │", told)
    assert 0.8 < int(estimated.replace(",", "")) / tokens < 1.25


def test_branches_grow_true_trees(base_url: str, personas: Path, tmp_path: Path) -> None:
    stage = stage_in(tmp_path / "branches", base_url, personas)
    stage.run("--trees", "3", "--branch", "both:2")
    for trees in trees_of(stage).values():
        for tree in trees:
            check_tree(tree)
            assert Counter(pair.user.turn for pair in pairs(tree)) == {1: 1, 2: 2, 3: 4, 4: 4}


def test_show_prints_a_tree_and_tells_of_one_that_is_not_there(finished: Stage) -> None:
    tree = trees_of(finished)["test"][0]
    script = str(REPO / "pipelines/trees.py")
    told = subprocess.run(
        [sys.executable, script, "show", tree.tree_id], cwd=finished.folder, capture_output=True, text=True, check=True
    ).stdout
    flat = " ".join(told.split())
    assert tree.tree_id in told
    assert " ".join(tree.facts[0].split()[:3]) in flat
    unknown = subprocess.run(
        [sys.executable, script, "show", "t-0"], cwd=finished.folder, capture_output=True, text=True, check=False
    )
    assert unknown.returncode == 2
    assert "i2a/trees holds no tree t-0" in unknown.stderr


def test_no_key_is_in_any_file_or_message(finished: Stage, base_url: str, personas: Path, tmp_path: Path) -> None:
    stage = stage_in(tmp_path / "secret", base_url, personas)
    told = stage.run("--trees", "3", DISTILABEL_LOG_LEVEL="DEBUG")
    told += stage.end_at(stage.journaled(), signal.SIGINT)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 10
    assert KEY not in told
    assert not any(KEY.encode() in content for content in written)
    assert finished.folder.as_posix().encode() not in b"".join(finished.files().values())


def test_the_rehearsal_plays_where_nothing_is_named_and_says_so(personas: Path, tmp_path: Path) -> None:
    shutil.copytree(personas, tmp_path / "i2a/personas")
    command = [sys.executable, str(REPO / "pipelines/trees.py"), *OPTIONS, "--trees", "2"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "rehearsal cast" in told
    out = tmp_path / "i2a/trees"
    assert all(tree.rehearsal for rows in read_release(out, "trees", TreeRow).values() for tree in rows)
    assert (out / "README.md").read_text().split("\n---\n", 1)[1].strip().startswith("> **Rehearsal data.**")
