"""From a stage's --push to a stranger's load_dataset and `trl dpo`, over the stand-in for the Hub."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import rehearsal
from tests.hub.server import Fault, Hub
from tests.pipelines.stage import REPO, SMALL, Stage, stats

pytestmark = pytest.mark.slow

both_ways = pytest.mark.parametrize("hub", ["lfs", "xet"], indirect=True)
by_xet = pytest.mark.parametrize("hub", ["xet"], indirect=True)
TREES = ["--turns", "3", "--trees", "8", "--concurrency", "8"]

STRANGER = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
from huggingface_hub import DatasetCard

told = {}
for name in ("i2a/personas", "i2a/aloe", "i2a/trees"):
    told[name] = {
        "rows": {
            config: {split: rows.num_rows for split, rows in load_dataset(name, config).items()}
            for config in get_dataset_config_names(name)
        },
        "streamed": {split: sum(1 for _ in rows) for split, rows in load_dataset(name, streaming=True).items()},
        "pinned": {split: rows.num_rows for split, rows in load_dataset(name, revision="v1.0.0").items()},
        "card": DatasetCard.load(name).content,
    }
json.dump(told, sys.stdout)
"""


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Large files go by LFS, where a test does not ask for both ways."""
    with Hub(tmp_path_factory.mktemp("hub"), xet=getattr(request, "param", "lfs") == "xet") as hub:
        yield hub


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two work places with finished releases: one of the personas, one of trees for them."""
    personas = Stage(tmp_path_factory.mktemp("personas"), "", [*SMALL], name="personas")
    personas.run(cast=False)
    trees = Stage(tmp_path_factory.mktemp("trees"), "", [*TREES, "--personas", "i2a/personas"], name="trees")
    shutil.copytree(personas.folder / "i2a/personas", trees.folder / "i2a/personas")
    trees.run(cast=False)
    return personas.folder, trees.folder


@pytest.fixture(scope="module")
def published(hub: Hub, made: tuple[Path, Path]) -> Hub:
    """The same commands again, with --push: nothing to make, all to send."""
    personas, trees = (
        Stage(folder, "", options, name=name)
        for folder, options, name in zip(made, ([*SMALL], [*TREES]), ("personas", "trees"), strict=True)
    )
    for stage in (personas, trees):
        told = stage.run("--push", "--tag", "v1.0.0", "--allow-rehearsal", code=0, cast=False, **hub.env())
        assert "nothing to do: i2a/" in told
        assert told.count("tagged it v1.0.0") == (2 if stage is personas else 1)
    return hub


@pytest.fixture(scope="module")
def stranger(published: Hub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a new process on another machine, with an empty cache and no token, finds on the Hub."""
    place = tmp_path_factory.mktemp("stranger")
    done = subprocess.run(
        [sys.executable, "-c", STRANGER],
        cwd=place,
        env=published.env(token=None),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@both_ways
@pytest.mark.parametrize("name", ["personas", "aloe", "trees"])
def test_every_config_loads_from_the_hub_whole_streamed_and_pinned(
    stranger: dict[str, Any], made: tuple[Path, Path], name: str
) -> None:
    counts = manifest(made, name)["counts"]
    filled = {config: {split: rows for split, rows in of.items() if rows} for config, of in counts.items()}

    found = stranger[f"i2a/{name}"]

    assert found["rows"] == {config: of for config, of in filled.items() if of}
    assert found["streamed"] == found["pinned"] == filled[name]


@both_ways
@pytest.mark.parametrize("name", ["personas", "aloe", "trees"])
def test_the_card_read_back_is_the_one_that_was_sent(published: Hub, stranger: dict[str, Any], name: str) -> None:
    card = stranger[f"i2a/{name}"]["card"]

    assert card.encode() == published.files(f"i2a/{name}")["README.md"]
    assert 'revision="v1.0.0"' in card


def manifest(made: tuple[Path, Path], name: str) -> dict[str, Any]:
    folder = made[1] if name == "trees" else made[0]
    told: dict[str, Any] = json.loads((folder / "i2a" / name / "manifest.json").read_text())
    return told


@by_xet
def test_trees_are_grown_for_personas_on_the_hub(published: Hub, made: tuple[Path, Path], tmp_path: Path) -> None:
    """And are the same trees as for the folder that was pushed."""
    stage = Stage(tmp_path / "elsewhere", "", [*TREES], name="trees")

    stage.run(code=0, cast=False, **published.env(token=None))

    for config in ("trees", "preference"):
        file = f"{config}/train-00000-of-00001.parquet"
        assert stage.files()[f"trees/{file}"] == (made[1] / "i2a/trees" / file).read_bytes()


@by_xet
def test_trl_trains_by_the_name_on_the_hub(published: Hub, made: tuple[Path, Path], tmp_path: Path) -> None:
    """By the line of the card that the Hub shows, with a tiny model in place of MODEL."""
    places = [str(made[1] / "i2a/trees"), str(tmp_path / "tiny")]
    command = [sys.executable, "-m", "tests.pipelines.tiny_model", *places]
    subprocess.run(command, cwd=REPO, check=True, capture_output=True, timeout=60)
    card = published.files("i2a/trees")["README.md"].decode()
    (line,) = re.findall(r"^trl dpo (.*\n.*)$", card, re.MULTILINE)
    words = line.replace("\\\n", "").replace("MODEL-dpo", "out").replace("MODEL", "tiny").split()

    done = subprocess.run(
        [Path(sys.executable).with_name("trl"), "dpo", *words, "--max_steps=2", "--use_cpu", "--log_level=info"],
        cwd=tmp_path,
        env=published.env(token=None) | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    (rows,) = re.findall(r"Num examples = (\d+)", done.stderr)
    assert int(rows) == manifest(made, "trees")["counts"]["preference"]["train"]


# What a stage sees before its first call, and what stays where a push fails


@pytest.fixture
def base_url() -> Iterator[str]:
    with rehearsal.serve(seed=0) as url:
        yield url


@pytest.mark.parametrize(
    ("token", "more", "says"),
    [
        ("hf_owner", [], "i2a/personas and i2a/aloe: this is rehearsal data"),
        (None, ["--allow-rehearsal"], "there is no token to push i2a/personas with"),
        ("hf_reader", ["--allow-rehearsal"], "can only read"),
        ("hf_other", ["--allow-rehearsal"], "may not write to i2a/personas"),
        ("hf_owner", ["--allow-rehearsal", "--repo", "bob/x"], "may not write to bob/x"),
    ],
)
def test_what_can_not_be_pushed_is_told_before_the_first_call(
    hub: Hub, tmp_path: Path, token: str | None, more: list[str], says: str
) -> None:
    stage = Stage(tmp_path / "s", "")
    environment = hub.env(token=token)

    told = stage.run("--push", *more, code=2, cast=False, **environment)

    assert says in told
    assert "Traceback" not in told
    assert stage.journaled() == 0
    assert not (stage.folder / "i2a").exists()


@pytest.mark.parametrize("option", ["--private", "--tag=v1", "--allow-rehearsal"])
def test_an_option_that_means_nothing_without_push_is_refused(tmp_path: Path, option: str) -> None:
    stage = Stage(tmp_path / "s", "")

    assert f"{option.partition('=')[0]} goes with --push" in stage.run(option, code=2, cast=False)
    assert stage.journaled() == 0


def test_what_could_not_be_pushed_stays_and_push_py_finishes(hub: Hub, tmp_path: Path, base_url: str) -> None:
    """The right to write is lost while the data is made."""
    stage = Stage(tmp_path / "s", base_url)
    hub.faults.append(Fault("POST", "/api/repos/create", status=403))
    said = ["--push", "--repo", "alice/people", "--tag", "v1.0.0"]

    told = stage.run(*said, code=2, cast=True, **hub.env())

    assert "alice/people" in told
    assert stats(base_url)["calls"]
    assert (stage.folder / "i2a/personas/manifest.json").exists()
    hub.faults.clear()
    done = subprocess.run(
        [sys.executable, REPO / "cards/push.py", "i2a/personas", "--tag", "v1.0.0"],
        cwd=stage.folder,
        env=hub.env(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert hub.tags("alice/people")
    assert "alice/aloe" in hub.files("alice/people")["README.md"].decode()
    told = stage.run(*said, code=0, cast=True, **hub.env())
    assert "v1.0.0 of alice/people is this version" in told
    assert hub.tags("alice/aloe")


@by_xet
def test_of_two_datasets_none_is_sent_where_one_can_not_be(published: Hub, made: tuple[Path, Path]) -> None:
    """The personas' place is free, and the benchmark's is that of others."""
    stage = Stage(made[0], "", [*SMALL], name="personas")

    told = stage.run("--push", "--repo", "i2a/others", "--allow-rehearsal", code=2, cast=False, **published.env())

    assert "i2a/aloe on the Hub belongs to i2a/personas, and this one to i2a/others" in told
    assert "i2a/others" not in published.store.repos


def test_the_benchmarks_name_is_not_the_personas(tmp_path: Path) -> None:
    assert "that is where the benchmark goes" in Stage(tmp_path / "s", "").run("--repo", "me/aloe", code=2, cast=False)


@by_xet
def test_trees_are_grown_for_a_pinned_version(published: Hub, made: tuple[Path, Path], tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s", "", ["--personas", "i2a/personas@v1.0.0", "--dry-run"], name="trees")
    assert "trees" in stage.run(code=0, cast=False, **published.env(token=None))

    stage = Stage(tmp_path / "t", "", ["--personas", "i2a/nobody", "--dry-run"], name="trees")
    told = stage.run(code=2, cast=False, **published.env(token=None))
    assert "i2a/nobody: no such folder here, and no dataset of that name on the Hub that your token can see" in told


def test_a_dry_run_tells_what_would_be_refused(hub: Hub, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s", "")

    told = stage.run("--dry-run", "--push", code=0, cast=False, **hub.env(token=None))

    assert "would be refused as it is: " in told


def test_no_licence_is_made_up(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s", "")

    told = stage.run("--license", "CC BY 4.0", code=2, cast=False)

    assert "cc-by-4.0" in told
    assert [path.name for path in stage.folder.iterdir()] == ["cast.yaml"]
