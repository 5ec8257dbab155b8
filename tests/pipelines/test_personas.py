"""The persona stage as a whole, run as a user runs it."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards.release import read_manifest
from pipelines import rehearsal
from pipelines.records import read_release
from pipelines.schema import AloeRow, DroppedRow, PersonaRow, TextRow, persona_id, text_id
from tests.pipelines.stage import KEY, REPO, SMALL, Stage, stats

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with rehearsal.serve(seed=0, latency=0.1) as url:
        yield url


@pytest.fixture(scope="module")
def finished(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A run that nothing interrupted."""
    stage = Stage(tmp_path_factory.mktemp("finished"), base_url)
    stage.run()
    return stage


def test_texts_are_split_before_they_are_paired_and_every_profile_has_its_number(finished: Stage) -> None:
    out = finished.folder / "i2a/personas"
    profiles, personalities = (read_release(out, name, TextRow) for name in ("profiles", "personalities"))
    personas = read_release(out, "personas", PersonaRow)
    assert {split: len(rows) for split, rows in profiles.items()} == {"train": 27, "test": 3, "heldout": 4}
    assert {split: len(rows) for split, rows in personalities.items()} == {"train": 9, "test": 5, "heldout": 2}
    assert {split: len(rows) for split, rows in personas.items()} == {"train": 81, "test": 9, "heldout": 8}
    for split, rows in personas.items():
        assert {row.profile_id for row in rows} == {row.id for row in profiles[split]}
        assert {row.personality_id for row in rows} <= {row.id for row in personalities[split]}
        assert set(Counter(row.profile_id for row in rows).values()) == {2 if split == "heldout" else 3}
        use = Counter(row.personality_id for row in rows).values()
        assert max(use) - min(use) <= max(3, len(rows) // 10)


def test_texts_are_their_statements_and_ids_their_hashes(finished: Stage) -> None:
    out = finished.folder / "i2a/personas"
    for config, kind in (("profiles", "profile"), ("personalities", "personality")):
        for rows in read_release(out, config, TextRow).values():
            assert all(row.text == " ".join(row.statements) and len(row.statements) >= 5 for row in rows)
            assert all(row.id == text_id(kind, row.text) for row in rows)  # type: ignore[arg-type]  # one of the two
    personas = [row for split in read_release(out, "personas", PersonaRow).values() for row in split]
    assert all(row.persona_id == persona_id(row.profile, row.personality) for row in personas)
    assert len({row.persona_id for row in personas}) == len(personas)
    assert all(row.profile == " ".join(row.facts) and row.personality == " ".join(row.traits) for row in personas)


def test_held_out_personas_keep_their_distance_and_certify_it(finished: Stage) -> None:
    benchmark = read_release(finished.folder / "i2a/aloe", "aloe", AloeRow)["test"]
    heldout = read_release(finished.folder / "i2a/personas", "personas", PersonaRow)["heldout"]
    assert [row.persona_id for row in benchmark] == [row.persona_id for row in heldout]
    train = read_release(finished.folder / "i2a/personas", "profiles", TextRow)["train"]
    assert {row.nearest_profile_id for row in benchmark} <= {row.id for row in train}
    assert all(row.nearest_profile is not None and row.nearest_profile <= 0.65 + 1e-5 for row in benchmark)
    assert all(row.nearest_personality is not None and row.nearest_personality <= 0.75 + 1e-5 for row in benchmark)


def test_every_drop_has_a_reason_and_its_content_and_is_counted(finished: Stage) -> None:
    out = finished.folder / "i2a/personas"
    rows = read_release(out, "dropped", DroppedRow)["train"]
    assert all(row.reason and row.content for row in rows)
    assert all(row.nearest_id and row.nearest for row in rows if row.reason.startswith("near-"))
    manifest = read_manifest(out)
    assert manifest is not None
    assert Counter(row.kind for row in rows) == Counter(
        {kind: sum(reasons.values()) for kind, reasons in manifest["dropped"].items() if reasons}
    )


def test_load_dataset_reads_both_by_the_line_that_is_printed(finished: Stage) -> None:
    code = """
from datasets import load_dataset
personas = load_dataset("i2a/personas")
print({split: rows.num_rows for split, rows in personas.items()}, load_dataset("i2a/aloe")["test"].num_rows)
print(load_dataset("i2a/personas", "dropped")["train"].column_names[:3])
"""
    environment = {"HF_HOME": str(finished.folder / "hf"), "HF_HUB_OFFLINE": "1", "PATH": ""}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=finished.folder, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert told.splitlines()[-2:] == ["{'train': 81, 'test': 9, 'heldout': 8} 8", "['kind', 'id', 'reason']"]


def test_the_same_command_again_has_nothing_to_do_and_makes_no_call(finished: Stage, base_url: str) -> None:
    served, files = stats(base_url)["requests"], finished.files()
    assert "nothing to do" in finished.run()
    assert (stats(base_url)["requests"], finished.files()) == (served, files)


def test_another_seed_is_refused_without_overwrite_and_nothing_is_touched(finished: Stage) -> None:
    files = finished.files()
    told = finished.run("--seed", "1", code=2)
    assert "was made otherwise (seed 0 -> 1)" in told
    assert "--overwrite" in told
    assert finished.files() == files


@pytest.mark.parametrize("calls", [1, 4, 12, 40, 70])
def test_a_killed_run_ends_with_the_same_release_and_makes_no_finished_call_again(
    finished: Stage, base_url: str, tmp_path: Path, calls: int
) -> None:
    stage = Stage(tmp_path / "killed", base_url)
    stage.end_at(calls, signal.SIGKILL)
    done, whole = stage.journaled(), finished.journaled()
    assert done < whole
    stage.run()
    assert stage.files() == finished.files()
    assert stage.told()["from_journal"] == done
    assert stage.told()["made"] == whole - done


def test_ctrl_c_finishes_the_calls_under_way_and_the_same_command_goes_on(
    finished: Stage, base_url: str, tmp_path: Path
) -> None:
    stage = Stage(tmp_path / "stopped", base_url)
    told = stage.end_at(30, signal.SIGINT)
    assert "the same command goes on from there" in told
    assert "Traceback" not in told
    assert stats(base_url)["in_flight"] == 0
    assert not (stage.folder / "i2a").exists()
    stage.run()
    assert stage.files() == finished.files()


def test_the_data_does_not_depend_on_the_concurrency(finished: Stage, base_url: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "slow", base_url)
    stage.run("--concurrency", "1")
    assert stage.files() == finished.files()


def test_a_larger_pool_goes_on_and_keeps_every_earlier_id_and_split(base_url: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "grown", base_url)
    stage.run()
    out = stage.folder / "i2a/personas"
    before = {name: read_release(out, name, TextRow) for name in ("profiles", "personalities")}
    personas = read_release(out, "personas", PersonaRow)
    dropped = read_release(out, "dropped", DroppedRow)["train"]
    stage.run("--profiles", "45", "--personalities", "20")
    for name, splits in before.items():
        after = read_release(out, name, TextRow)
        assert all(row in after[split] for split, rows in splits.items() for row in rows)
        assert after["heldout"] == splits["heldout"]
    grown = read_release(out, "personas", PersonaRow)
    assert all(row in grown[split] for split, rows in personas.items() for row in rows)
    assert sum(len(rows) for split, rows in grown.items() if split != "heldout") == 45 * 3
    assert len(read_release(out, "profiles", TextRow)["test"]) == 4  # a tenth of the new size
    assert read_release(out, "dropped", DroppedRow)["train"][: len(dropped)] == dropped
    manifest = read_manifest(out)
    assert manifest is not None
    assert sum(usage["calls"] for usage in manifest["told"]["usage"].values()) == stage.journaled()
    rounds = [(entry["kind"], entry["round"]) for entry in manifest["told"]["rounds"]]
    assert len(set(rounds)) == len(rounds)
    assert "nothing to do" in stage.run("--profiles", "45", "--personalities", "20")
    assert "profiles 45 -> 30" in stage.run(code=2)


def test_growth_that_is_killed_ends_with_the_same_release(finished: Stage, base_url: str, tmp_path: Path) -> None:
    whole, killed = (Stage(tmp_path / name, base_url) for name in ("whole", "killed"))
    for stage in (whole, killed):
        shutil.copytree(finished.folder / "i2a", stage.folder / "i2a")
        stage.options += ["--profiles", "40"]
    whole.run()
    killed.end_at(8, signal.SIGKILL)
    killed.run()
    assert killed.files() == whole.files()


def test_a_benchmark_that_is_missing_is_made_again_and_nothing_else_changes(
    finished: Stage, base_url: str, tmp_path: Path
) -> None:
    """As after a kill, had the personas been published first."""
    stage = Stage(tmp_path / "missing", base_url)
    shutil.copytree(finished.folder / "i2a/personas", stage.folder / "i2a/personas")
    stage.run()
    assert stage.journaled() == 0
    assert stage.files() == finished.files()


def test_a_benchmark_of_other_personas_is_not_replaced_unasked(finished: Stage, base_url: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "two", base_url)
    shutil.copytree(finished.folder / "i2a", stage.folder / "i2a")
    before = stage.files()
    told = stage.run("--out", "i2a/others", "--seed", "5", code=2)
    assert "is the benchmark of other personas" in told
    assert stage.files() == before


def test_an_unruly_endpoint_costs_retries_and_no_data(tmp_path: Path) -> None:
    rates = {"rate_429": 0.1, "rate_500": 0.05, "rate_hang": 0.02, "rate_garbage": 0.03}
    with rehearsal.serve(seed=0, **rates) as url:
        stage = Stage(tmp_path / "unruly", url, timeout=1.0)
        told = stage.run()
        retries = stage.told()["retries"]
        assert {"429", "500", "timeout"} <= set(retries)
        assert re.search(r"tried again after .*429 \d+", told)
        assert "could not be read and were asked for again: unreadable" in told
    assert sum(map(len, read_release(stage.folder / "i2a/personas", "personas", PersonaRow).values())) == 98


def test_no_key_and_no_token_is_in_any_file_or_message(base_url: str, tmp_path: Path) -> None:
    token = "hf_" + "marker0815" * 4
    stage = Stage(tmp_path / "secret", base_url)
    told = stage.run(HF_TOKEN=token, HF_HOME=str(tmp_path / "hf"), DISTILABEL_LOG_LEVEL="DEBUG")
    told += stage.run("--seed", "1", code=2, HF_TOKEN=token)
    stage.end_at(0, signal.SIGINT)
    for address in ("http://127.0.0.1:80x/v1", "http://127.0.0.1:1/v1"):
        told += stage.run("--llm", "openai:m", "--base-url", address, "--out", "b/personas", code=2, cast=False)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 10
    for secret in (KEY, token):
        assert secret not in told
        assert not any(secret.encode() in content for content in written)


def test_a_full_disk_is_told_and_the_old_release_stays(base_url: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "full", base_url)
    stage.run()
    files = stage.files()
    code = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
sys.path.insert(0, "")
from pipelines.personas import main
sys.exit(main({[*SMALL, "--cast", "cast.yaml", "--embedder", "lexical", "--seed", "1", "--overwrite"]!r}))
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=stage.folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "disk" in ended.stderr or "File too large" in ended.stderr
    assert stage.files() == files
    stage.run("--seed", "1", "--overwrite")


def test_two_runs_at_one_release_or_in_one_work_folder_are_refused(base_url: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "twice", base_url)
    first = stage.start()
    while stage.journaled() < 1:
        assert first.poll() is None
    assert "another run is at work on i2a/personas" in stage.run(code=2)
    assert "another run is at work in .i2a/personas" in stage.run("--out", "other/personas", code=2)
    first.communicate(timeout=60)
    assert first.returncode == 0


def test_the_rehearsal_plays_where_nothing_is_named_and_says_so_everywhere(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "rehearsal", "unused")
    command = [sys.executable, str(REPO / "pipelines/personas.py"), *SMALL]
    told = subprocess.run(command, cwd=stage.folder, capture_output=True, text=True, check=True).stdout
    assert "rehearsal cast" in told
    assert "it compares words, not meanings" in told
    out = stage.folder / "i2a/personas"
    assert all(row.rehearsal for rows in read_release(out, "personas", PersonaRow).values() for row in rows)
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest["rehearsal"] is True
    assert (out / "README.md").read_text().split("\n---\n", 1)[1].strip().startswith("> **Rehearsal data.**")


def test_seeds_of_a_user_without_statements_are_taken_apart_first(base_url: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "seeds", base_url)
    (stage.folder / "mine.txt").write_text(
        "She is a 51-year-old bus driver in Leeds who grows dahlias. She has two grown sons and a deaf spaniel. She"
        " eats porridge every morning. She once drove an empty bus to Scotland by mistake.\n"
        "The quarterly report is due on Monday and the printer is out of toner again.\n"
    )
    stage.run("--profile-seeds", "mine.txt")
    rows = read_release(stage.folder / "i2a/personas", "profiles", TextRow)
    (seed,) = (row for row in [*rows["train"], *rows["test"]] if row.origin == "seed")
    assert len(seed.statements) >= 5
    assert seed.model == "rehearsal/writer"
    dropped = read_release(stage.folder / "i2a/personas", "dropped", DroppedRow)["train"]
    (drop,) = (row for row in dropped if "mine.txt" in row.detail)
    assert drop.reason == "wrong-kind"
    assert drop.detail.startswith("mine.txt:2")


def test_a_sentence_transformers_model_by_path_filters_the_pool(base_url: str, tmp_path: Path) -> None:
    """A tiny random model, made here (elsewhere than in this process, which forks): the code is a user's."""
    stage = Stage(tmp_path / "model", base_url)
    code = """
import sys
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from pipelines.seeds.reader import SEED_FILES
import torch
torch.manual_seed(0)
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
alphabet = pre_tokenizers.ByteLevel.alphabet()
tokenizer.train([*map(str, SEED_FILES.values())], trainers.BpeTrainer(vocab_size=2000, initial_alphabet=alphabet))
SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=64)]).save(sys.argv[1])
"""
    subprocess.run([sys.executable, "-c", code, stage.folder / "tiny"], cwd=REPO, check=True, capture_output=True)
    options = ["--embedder", "tiny", "--profile-threshold", "0.95", "--personality-threshold", "0.95"]
    stage.run(*options)
    manifest = read_manifest(stage.folder / "i2a/personas")
    assert manifest is not None
    name, fingerprint = manifest["recipe"]["embedder"].split("@")  # where the folder stands is nobody's business
    assert name == "tiny"
    assert manifest["told"]["embedder"].startswith(f"folder-{fingerprint}")
    assert manifest["counts"]["personas"]["heldout"] == 8
    assert list((stage.folder / ".i2a/personas/embeddings").glob("tiny-*.sqlite3"))
    assert "no preset threshold" in stage.run("--embedder", "tiny", "--overwrite", code=2)


def test_a_dry_run_makes_nothing(base_url: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "dry", base_url)
    served = stats(base_url)["requests"]
    told = stage.run("--dry-run")
    assert "estimate: nothing is called" in told
    assert stats(base_url)["requests"] == served
    assert {path.name for path in stage.folder.iterdir()} == {"cast.yaml"}


def test_max_cost_stops_in_good_order_and_a_higher_one_goes_on(finished: Stage, base_url: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "cost", base_url)
    cast = json.loads((stage.folder / "cast.yaml").read_text())
    for entry in cast.values():
        entry["price"] = {"input": 100, "output": 100}
    (stage.folder / "cast.yaml").write_text(json.dumps(cast))
    told = stage.run("--max-cost", "3", code=3)
    assert "--max-cost is 3.00" in told
    assert 0 < stage.journaled() < finished.journaled()
    stage.run("--max-cost", "1000")
    made, same = (
        {name: of for name, of in one.files().items() if name.endswith(".parquet")} for one in (stage, finished)
    )
    assert made == same
    told = json.loads(stage.files()["personas/manifest.json"])
    assert told["prices"]["judge"] == {"input": 100, "output": 100}
