"""What load_dataset makes of a release, in the process of its own that `build` starts."""

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from cards import check, release
from cards.data import Written
from cards.release import Config, ReleaseError, build, read_manifest, recover

pytestmark = pytest.mark.slow

BUILD = textwrap.dedent("""
    import json, resource, sys
    from pathlib import Path
    import pyarrow as pa
    from cards.release import Config, ReleaseError, build

    out, limit, text = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    import random
    letters = random.Random(0)
    rows = ["".join(letters.choices("abcdefgh", k=1000)) if text == "random" else "x" * 1000 for _ in range(1000)]
    table = pa.table({"text": rows})
    facts = json.loads(sys.argv[4])
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    configs = [Config("people", {"train": table.to_reader()}, {"text": "x"}, default=True)]
    try:
        build(out, "i2a/people", configs, template="aloe", facts=facts, manifest={"seed": 1}).publish()
    except ReleaseError as error:
        sys.exit(str(error))
""")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run_build(out: Path, limit: int, text: str, facts: dict[str, Any]) -> str:
    command = [sys.executable, "-c", BUILD, str(out), str(limit), text, json.dumps(facts)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def test_every_config_and_split_that_has_rows_loads_and_nothing_else_is_left(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The user's own settings must not decide what the check sees.
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "users-cache"))
    report: dict[str, Any] = {}
    load = check.load_elsewhere

    def load_and_note(folder: Path) -> dict[str, Any]:
        report.update(load(folder))
        return report

    monkeypatch.setattr(check, "load_elsewhere", load_and_note)
    out = tmp_path / "i2a" / "people"
    build(out, "i2a/people", configs, template="personas", facts=facts, manifest={}).publish()
    assert {split: (found["rows"], found.get("streamed")) for split, found in report.items()} == {
        "people/train": (5, 5),
        "people/test": (2, 2),
        "texts/train": (3, None),
    }
    assert report["people/train"]["features"]["facts"] == {
        "feature": {"dtype": "string", "_type": "Value"},
        "_type": "List",
    }
    assert names(tmp_path) == ["i2a"]
    assert names(out.parent) == ["people"]


def test_hostile_texts_come_back_as_they_were(tmp_path: Path, facts: dict[str, Any]) -> None:
    import pyarrow as pa

    texts = [
        "a\x00b",
        "\u202e|`---\n",
        "x" * 10_000,
        "",
        "\r\n",
        "👩🏽‍🚀",
        "<script>",
        "\ud7ff\ue000\U0010ffff",
        "{{ 1 }}",
    ]
    rows = pa.table(
        {"text": texts, "items": [[text, None] for text in texts], "none": pa.array([None] * 9, pa.string())}
    )
    configs = [Config("people", {"train": rows.to_reader()}, dict.fromkeys(rows.column_names, texts[1]), default=True)]
    out = tmp_path / "people"
    build(out, "i2a/people", configs, template="personas", facts=facts, manifest={}).publish()
    code = (
        "import sys, json; from datasets import load_dataset; "
        "print(json.dumps(load_dataset(sys.argv[1], split='train').to_list()))"
    )
    environment = os.environ | {"HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, out], env=environment, check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout) == rows.to_pylist()


def one_row_less(folder: Path) -> None:
    """In the file; the card still tells the old number."""
    import pyarrow.parquet as pq

    path = folder / "texts" / "train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)


def another_type(folder: Path) -> None:
    card = folder / "README.md"
    card.write_text(card.read_text().replace("dtype: int32", "dtype: int64"))


def the_same_rows_in_other_bytes(folder: Path) -> None:
    import pyarrow.parquet as pq

    path = folder / "texts" / "train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path), path, compression="none")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (one_row_less, "load_dataset can't read the new release"),
        (another_type, "people/test was written as"),
        (the_same_rows_in_other_bytes, "texts/train-00000-of-00001.parquet added, changed or removed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_release_that_does_not_load_as_it_was_written_is_never_published(
    tmp_path: Path,
    configs: list[Config],
    facts: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    spoil: Callable[[Path], None],
    why: str,
) -> None:
    check_release = release._check

    def spoil_and_check(folder: Path, configs: list[Written]) -> None:
        spoil(folder)
        check_release(folder, configs)

    monkeypatch.setattr(release, "_check", spoil_and_check)
    with pytest.raises(ReleaseError) as caught:
        build(tmp_path / "people", "i2a/people", configs, template="personas", facts=facts, manifest={})
    assert why in str(caught.value)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("limit", "text"),
    [(50_000, "random"), (50_000, "same")],
    ids=["writing the release", "loading it for the check"],
)
def test_a_full_disk_is_told_and_changes_nothing(tmp_path: Path, facts: dict[str, Any], limit: int, text: str) -> None:
    out = tmp_path / "people"
    out.mkdir()
    (out / "manifest.json").write_text('{"files": {}, "text": "old"}')
    said = run_build(out, limit, text, facts)
    assert said.startswith("the disk is full")
    assert f"Nothing was changed at {out}. Make room at {tmp_path}" in said
    assert "run the same command again" in said
    assert read_manifest(out) == {"files": {}, "text": "old"}
    assert names(tmp_path) == ["people"]


def test_a_kill_during_the_check_leaves_no_process_and_nothing_that_recover_does_not_remove(tmp_path: Path) -> None:
    """Of its own accord, this check would take ten minutes."""
    fake, out = tmp_path / "fake", tmp_path / "out" / "people"
    fake.mkdir()
    (fake / "datasets.py").write_text("import time; time.sleep(600)")
    staged = out.with_name(".people.i2a-new") / "release"
    staged.mkdir(parents=True)
    code = "import sys, pathlib; from cards import check; check.load_elsewhere(pathlib.Path(sys.argv[1]))"
    path = os.pathsep.join([str(fake), os.environ.get("PYTHONPATH", "")])
    parent = subprocess.Popen([sys.executable, "-c", code, staged], env=os.environ | {"PYTHONPATH": path})
    deadline = time.monotonic() + 30
    while not (children := psutil.Process(parent.pid).children()) and time.monotonic() < deadline:
        time.sleep(0.01)
    [child] = children
    try:
        assert len(names(staged.parent)) == 2  # the release and the cache
        parent.kill()
        parent.wait()
        child.wait(timeout=10)
    finally:
        if child.is_running():
            child.kill()
    recover(out)
    assert names(out.parent) == []
