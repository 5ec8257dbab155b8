"""A release stands in its place whole or not at all. The check by load_dataset has its own file, test_check.py."""

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from cards import check, release
from cards.data import Written, write
from cards.release import Config, ReleaseError, Staged, build, read_manifest, recover
from tests.cards.conftest import Tables, configs_of

Build = Callable[..., Staged]


@pytest.fixture
def quick_build(monkeypatch: pytest.MonkeyPatch, tables: Tables, facts: dict[str, Any]) -> Build:
    """`build` without the process that loads the release."""
    monkeypatch.setattr(release, "_check", lambda folder, configs: read_manifest(folder))

    def quick(
        out: Path, *, seed: int = 1, given: Sequence[Config] = (), figures: Mapping[str, bytes] = MappingProxyType({})
    ) -> Staged:
        return build(
            out,
            "i2a/people",
            given or configs_of(tables),
            template="personas",
            facts=facts,
            manifest={"seed": seed, "a": "ä"},
            figures=figures,
        )

    return quick


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def plain_release(folder: Path, text: str) -> None:
    """A release of one file, written by hand."""
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    files = {"README.md": {"bytes": len(text), "sha256": digest}}
    (folder / "manifest.json").write_text(json.dumps({"text": text, "files": files}))


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder, with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def test_a_release_has_the_layout_of_its_repo_and_a_manifest_of_every_file(tmp_path: Path, quick_build: Build) -> None:
    out = tmp_path / "i2a" / "people"
    staged = quick_build(out)
    assert not out.exists()
    staged.publish()
    files = {name: content for name, content in snapshot(out).items() if content is not None}
    data = ["people/test-00000-of-00001.parquet", "people/train-00000-of-00001.parquet"]
    assert sorted(files) == ["README.md", "manifest.json", *data, "texts/train-00000-of-00001.parquet"]
    assert names(out.parent) == ["people"]
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest == {
        "seed": 1,
        "a": "ä",
        "repo_id": "i2a/people",
        "siblings": [],
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
    }
    assert read_manifest(out) == manifest


def test_the_manifest_is_sorted_indented_utf8_with_a_last_newline(tmp_path: Path, quick_build: Build) -> None:
    quick_build(tmp_path / "people").publish()
    text = (tmp_path / "people" / "manifest.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    assert text.startswith('{\n "a": "ä",\n "files": {\n  "README.md"')


def test_two_builds_from_the_same_input_are_byte_identical(tmp_path: Path, quick_build: Build) -> None:
    for name in ("a", "b"):
        quick_build(tmp_path / name).publish()
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_figures_stand_in_their_folder_and_in_the_manifest(tmp_path: Path, quick_build: Build) -> None:
    figures = {"trees.html": b"<p>\xc3\xa4</p>", "margin.png": b"\x89PNG\r\n"}
    quick_build(tmp_path / "people", figures=figures).publish()
    manifest = read_manifest(tmp_path / "people")
    assert manifest is not None
    for name, content in figures.items():
        assert (tmp_path / "people" / "figures" / name).read_bytes() == content
        told = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert manifest["files"][f"figures/{name}"] == told
    (tmp_path / "people" / "figures" / "trees.html").write_text("other")
    with pytest.raises(ReleaseError, match=r"figures/trees.html added, changed or removed"):
        read_manifest(tmp_path / "people")


def test_a_new_release_replaces_the_old_one_whole(tmp_path: Path, quick_build: Build, configs: list[Config]) -> None:
    out = tmp_path / "people"
    quick_build(out, seed=1).publish()
    staged = quick_build(out, seed=2, given=configs[:1])
    old = read_manifest(out)
    assert old is not None
    assert old["seed"] == 1
    staged.publish()
    new = read_manifest(out)
    assert new is not None
    assert new["seed"] == 2
    assert not (out / "texts").exists()
    assert names(tmp_path) == ["people"]


def test_a_discarded_release_leaves_nothing_and_the_old_one_as_it_was(tmp_path: Path, quick_build: Build) -> None:
    out = tmp_path / "people"
    quick_build(out, seed=1).publish()
    before = snapshot(tmp_path)
    quick_build(out, seed=2).discard()
    assert snapshot(tmp_path) == before


def test_an_empty_folder_is_a_free_place(tmp_path: Path, quick_build: Build) -> None:
    out = tmp_path / "people"
    out.mkdir()
    assert read_manifest(out) is None
    quick_build(out).publish()
    assert read_manifest(out) is not None
    assert names(tmp_path) == ["people"]


def test_where_nothing_is_there_is_no_manifest(tmp_path: Path) -> None:
    assert read_manifest(tmp_path / "no" / "such") is None


def a_file(out: Path) -> None:
    out.write_text("mine")


def a_link_to_a_release(out: Path) -> None:
    plain_release(out.with_name("elsewhere"), "mine")
    out.symlink_to("elsewhere")


def a_dangling_link(out: Path) -> None:
    out.symlink_to("nowhere")


def foreign_files(out: Path) -> None:
    out.mkdir()
    (out / "thesis.tex").write_text("mine")


def an_empty_subfolder(out: Path) -> None:
    (out / "sub").mkdir(parents=True)


def a_release_and_a_foreign_file(out: Path) -> None:
    plain_release(out, "ours")
    (out / "notes.txt").write_text("mine")


def a_release_and_a_hidden_file(out: Path) -> None:
    plain_release(out, "ours")
    (out / ".git").mkdir()
    (out / ".git" / "config").write_text("mine")


def a_release_and_a_link(out: Path) -> None:
    plain_release(out, "ours")
    (out / "data").symlink_to("/etc")


def an_edited_release(out: Path) -> None:
    plain_release(out, "ours")
    (out / "README.md").write_text("mine")


def a_damaged_release(out: Path) -> None:
    plain_release(out, "ours")
    (out / "README.md").unlink()


def a_broken_manifest(out: Path) -> None:
    plain_release(out, "ours")
    (out / "manifest.json").write_bytes(b'{"files": {\xff')


def a_manifest_of_another_tool(out: Path) -> None:
    out.mkdir()
    (out / "manifest.json").write_text('["an", "extension"]')


def a_manifest_that_is_a_folder(out: Path) -> None:
    (out / "manifest.json").mkdir(parents=True)


OCCUPANTS = [
    (a_file, "is a file"),
    (a_link_to_a_release, "is a link"),
    (a_dangling_link, "is a link"),
    (foreign_files, "no valid manifest.json"),
    (an_empty_subfolder, "no valid manifest.json"),
    (a_release_and_a_foreign_file, "notes.txt added, changed or removed"),
    (a_release_and_a_hidden_file, ".git/config added, changed or removed"),
    (a_release_and_a_link, "data added, changed or removed"),
    (an_edited_release, "README.md added, changed or removed"),
    (a_damaged_release, "README.md added, changed or removed"),
    (a_broken_manifest, "no valid manifest.json"),
    (a_manifest_of_another_tool, "no valid manifest.json"),
    (a_manifest_that_is_a_folder, "Is a directory"),
]


@pytest.mark.parametrize(("occupy", "why"), OCCUPANTS, ids=lambda value: getattr(value, "__name__", ""))
def test_whatever_else_stands_in_the_place_is_refused_and_untouched(
    tmp_path: Path, quick_build: Build, occupy: Callable[[Path], None], why: str
) -> None:
    out = tmp_path / "people"
    occupy(out)
    before = snapshot(tmp_path)
    for refuse in (read_manifest, quick_build):
        with pytest.raises(ReleaseError) as caught:
            refuse(out)
        assert why in str(caught.value)
        assert str(out) in str(caught.value)
        assert snapshot(tmp_path) == before


@pytest.mark.parametrize(("occupy", "why"), OCCUPANTS, ids=lambda value: getattr(value, "__name__", ""))
def test_what_came_into_the_place_during_the_build_is_not_replaced_either(
    tmp_path: Path, quick_build: Build, occupy: Callable[[Path], None], why: str
) -> None:
    out = tmp_path / "people"
    staged = quick_build(out)
    occupy(out)
    with pytest.raises(ReleaseError) as caught:
        staged.publish()
    assert why in str(caught.value)
    staged.discard()
    after = snapshot(tmp_path)
    (tmp_path / "again").mkdir()
    occupy(tmp_path / "again" / "people")
    assert snapshot(tmp_path / "again") == after


def test_a_path_that_load_dataset_reads_as_a_pattern_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="Choose another folder"):
        read_manifest(tmp_path / "data[1]" / "people")


def test_a_place_that_can_not_be_made_is_a_clear_error(tmp_path: Path, quick_build: Build) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReleaseError, match=r"Make sure that .*file can be written"):
        quick_build(tmp_path / "file" / "people")


@pytest.mark.parametrize("splits", [["heldout"], []])
def test_a_default_config_without_rows_is_refused(
    tmp_path: Path, quick_build: Build, tables: Tables, splits: list[str]
) -> None:
    tables["people"] = {split: tables["people"][split] for split in splits}
    with pytest.raises(ReleaseError, match="'people' of i2a/people has no rows"):
        quick_build(tmp_path / "people")
    assert not any(tmp_path.iterdir())


def test_a_reader_that_fails_half_way_is_told_as_it_is_and_leaves_nothing(
    tmp_path: Path, quick_build: Build, tables: Tables
) -> None:
    import pyarrow as pa

    out = tmp_path / "people"
    quick_build(out).publish()
    before = snapshot(tmp_path)
    train = tables["texts"]["train"]

    def batches() -> Iterator[pa.RecordBatch]:
        for _ in range(400):  # more than a row group, so that its file has begun
            assert names(tmp_path) == [".people.i2a-new", "people"]
            yield from train.to_batches()
        raise KeyError("tree t-1 is torn")

    people, *_ = configs_of(tables)
    torn = pa.RecordBatchReader.from_batches(train.schema, batches())
    texts = Config("texts", {"train": torn}, people.fields)
    with pytest.raises(KeyError, match="tree t-1 is torn"):
        quick_build(out, given=[people, texts])
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    "change",
    [
        {"people/test": None},
        {"people/train": {"rows": 4}},
        {"people/train": {"streamed": 4}},
        {"people/test": {"features": {}}},
        {"people/validation": {"rows": 1}},
    ],
    ids=str,
)
def test_what_loads_is_compared_with_what_was_handed_in(
    tmp_path: Path,
    configs: list[Config],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, dict[str, Any] | None],
) -> None:
    from datasets import Features

    features = Features.from_arrow_schema(configs[0].schema).to_dict()
    right: dict[str, dict[str, Any]] = {
        "people/train": {"rows": 5, "features": features, "streamed": 5},
        "people/test": {"rows": 2, "features": features, "streamed": 2},
        "texts/train": {"rows": 3, "features": features},
    }
    written = [write(config, tmp_path) for config in configs]
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"files": {}}')
    monkeypatch.setattr(check, "load_elsewhere", lambda folder: right)
    release._check(folder, written)
    [(split, wrong)] = change.items()
    loaded = (
        {**right, split: {**right.get(split, {}), **wrong}} if wrong else {k: v for k, v in right.items() if k != split}
    )
    monkeypatch.setattr(check, "load_elsewhere", lambda folder: loaded)
    with pytest.raises(ReleaseError, match=f"{split} was written as"):
        release._check(folder, written)


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, quick_build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path, configs: list[Written]) -> None:
        assert (folder / "manifest.json").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(release, "_check", fail)
    with pytest.raises(KeyboardInterrupt):
        quick_build(tmp_path / "people")
    assert not any(tmp_path.iterdir())


def test_a_second_rename_that_fails_puts_the_old_release_back(
    tmp_path: Path, quick_build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "people"
    quick_build(out, seed=1).publish()
    before = snapshot(tmp_path)
    staged = quick_build(out, seed=2)
    rename = Path.rename

    def fail_at_new(self: Path, target: Path) -> Path:
        if self.name == "release":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_at_new)
    with pytest.raises(ReleaseError, match=r"the disk is full .* Nothing was changed at"):
        staged.publish()
    assert snapshot(tmp_path) == before


def test_recover_brings_the_old_release_back_where_no_new_one_came(tmp_path: Path) -> None:
    plain_release(tmp_path / ".people.i2a-old", "old")
    plain_release(tmp_path / ".people.i2a-new" / "release", "new")
    recover(tmp_path / "people")
    assert (tmp_path / "people" / "README.md").read_text() == "old"
    assert names(tmp_path) == ["people"]


def test_recover_removes_the_old_release_where_the_new_one_came(tmp_path: Path) -> None:
    plain_release(tmp_path / ".people.i2a-old", "old")
    plain_release(tmp_path / "people", "new")
    recover(tmp_path / "people")
    assert (tmp_path / "people" / "README.md").read_text() == "new"
    assert names(tmp_path) == ["people"]


def test_recover_loses_neither_the_old_release_nor_what_somebody_put_in_its_place(tmp_path: Path) -> None:
    plain_release(tmp_path / ".people.i2a-old", "old")
    foreign_files(tmp_path / "people")
    before = snapshot(tmp_path)
    with pytest.raises(ReleaseError, match=r"no valid manifest.json"):
        recover(tmp_path / "people")
    assert snapshot(tmp_path) == before


def test_recover_leaves_other_releases_and_their_builds_alone(tmp_path: Path) -> None:
    plain_release(tmp_path / "aloe", "other")
    plain_release(tmp_path / ".aloe.i2a-new" / "release", "other")
    before = snapshot(tmp_path)
    recover(tmp_path / "people")
    assert snapshot(tmp_path) == before


PUBLISH_AND_DIE = """
import os, signal, sys
from pathlib import Path
from cards.release import Staged

out, steps = Path(sys.argv[1]), int(sys.argv[2])

def die_at_step(event, arguments):
    global steps
    if event in ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree"):
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        steps -= 1

sys.addaudithook(die_at_step)
Staged(out).publish()
"""


@pytest.mark.slow
@pytest.mark.parametrize("first", [True, False], ids=["first", "replacing"])
def test_a_kill_before_any_step_of_publish_leaves_the_old_release_or_the_new_one(
    tmp_path: Path, *, first: bool
) -> None:
    """The process is killed before its first change of the disk, then before its second one, until it lives."""
    seen = []
    for steps in range(30):
        out = tmp_path / str(steps) / "people"
        if not first:
            plain_release(out, "old")
        plain_release(out.with_name(".people.i2a-new") / "release", "new")
        code = subprocess.run([sys.executable, "-c", PUBLISH_AND_DIE, out, str(steps)], check=False).returncode
        recover(out)
        manifest = read_manifest(out)
        assert manifest is not None or first
        seen.append(manifest["text"] if manifest else None)
        assert names(out.parent) == (["people"] if manifest else [])
        if code == 0:
            break
        assert code == -signal.SIGKILL
    old = None if first else "old"
    moves = 1 if first else 2
    assert seen[:moves] == [old] * moves
    assert set(seen[moves:]) == {"new"}
    assert len(seen) > moves + 2


@pytest.mark.slow
def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    heavy = "{'pyarrow', 'datasets', 'huggingface_hub', 'pandas', 'numpy', 'torch'}"
    code = f"import sys, cards.release; print(*sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"
