"""Which data a model was trained on: told by the folder's or the Hub's own words, and never an older one's rows."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub.client import run_client
from tests.hub.server import Hub
from tests.training.runs import Runs
from tests.training.tiny import preference_rows, tree, write_trees
from training.data import version_of

LOOK = [
    "--use_cpu",
    "--bf16",
    "false",
    "--look_only",
    "--dataset_config",
    "preference",
    "--model_name_or_path",
    "chatml",
]


def test_a_folder_is_known_by_its_manifest(tmp_path: Path) -> None:
    assert version_of(str(tmp_path), {}) == ""
    (tmp_path / "manifest.json").write_text("{}")
    assert version_of(str(tmp_path), {}) == f"manifest {hashlib.sha256(b'{}').hexdigest()[:12]}"


def test_a_download_is_known_by_its_commit(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    noted = tmp_path / ".cache/huggingface/download/manifest.json.metadata"
    noted.parent.mkdir(parents=True)
    noted.write_text("0123456789abcdef0123456789abcdef01234567\netag\n1.0\n")
    assert version_of(str(tmp_path), {}) == "commit 0123456789ab"
    noted.write_text("")
    assert version_of(str(tmp_path), {}).startswith("manifest ")


@pytest.mark.slow
def test_rows_made_anew_in_place_are_the_new_ones(runs: Runs, place: Path) -> None:
    """And those of another folder of the same name are its own: `datasets` alone would show the first ones again."""
    (place / "other").mkdir()
    for folder, trees in ((place / "made", [0]), (place / "made", [1, 3]), (place / "other/made", [1, 3, 4])):
        rows = preference_rows([tree(number) for number in trees])
        shutil.rmtree(folder, ignore_errors=True)
        write_trees(folder, {"preference": {"train": rows, "test": rows}})
        name = str(folder.relative_to(place))
        for _ in range(2):
            ended = runs.dpo(place, *LOOK, "--dataset_name", name)
            assert ended.code == 0, ended.err
            assert f"train: {len(rows)} rows," in ended.out


@pytest.mark.slow
def test_what_comes_from_the_hub_is_known_by_its_commit(place: Path, tmp_path: Path) -> None:
    """By its name, by `hf://` and downloaded at a tag, as the card tells to."""
    with Hub(tmp_path / "hub", xet=False) as hub:
        env = {**hub.env(token="hf_owner"), "HF_HUB_OFFLINE": "0"}
        push = f"""
api.create_repo("i2a/trees", repo_type="dataset")
first = api.upload_folder(repo_id="i2a/trees", repo_type="dataset", folder_path={str(place / "i2a/trees")!r}).oid
api.create_tag("i2a/trees", tag="v1.0.0", repo_type="dataset")
add = CommitOperationAdd("notes.md", b"more")
second = api.create_commit("i2a/trees", [add], commit_message="more", repo_type="dataset").oid
result = [first, second]
"""
        first, second = run_client(hub, push)
        elsewhere = tmp_path / "elsewhere"
        shutil.copytree(place / "chatml", elsewhere / "chatml")
        hf = [str(Path(sys.executable).with_name("hf")), "download", "i2a/trees", "--repo-type", "dataset"]
        get = [*hf, "--revision", "v1.0.0", "--local-dir", "pinned/trees"]
        subprocess.run(get, cwd=elsewhere, env=env, check=True, capture_output=True, timeout=60)
        with Runs(tmp_path, env) as runs:
            for name, commit in (("i2a/trees", second), ("hf://datasets/i2a/trees", second), ("pinned/trees", first)):
                for _ in range(2):  # the second time out of the cache
                    ended = runs.dpo(elsewhere, *LOOK, "--dataset_name", name)
                    assert ended.code == 0, ended.err
                    assert ended.out.startswith(f"{name} commit {commit[:12]}\n")
                    assert "train: 23 rows," in ended.out
            wrong = runs.dpo(elsewhere, *LOOK, "--dataset_name", "i2a/nowhere")
            assert wrong.code == 2
            assert wrong.err.splitlines()[-1].startswith("error: --dataset_name i2a/nowhere")
    assert json.loads((elsewhere / "pinned/trees/manifest.json").read_text())["name"] == "i2a/trees"
