"""Plain `trl` trains by a recipe as it is: on the Hub's dataset, and on a version of it that was downloaded."""

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.hub.client import run_client
from tests.hub.server import Hub
from tests.training.runs import REPO
from tests.training.tiny import preference_rows, splits, write_trees
from tests.training.trl import BIN, Trained, train

pytestmark = pytest.mark.slow

ROWS = len(preference_rows(splits()["train"]))
CONFIGS = {"sft": "sft", "dpo": "preference"}
OUT = "out/qwen2.5-0.5b"  # as its recipes have it
DOWNLOAD = "hf download i2a/trees --repo-type dataset --revision v1.0.0 --local-dir i2a/trees"
PUSH = """
api.create_repo("i2a/trees", repo_type="dataset")
api.upload_folder(repo_id="i2a/trees", repo_type="dataset", folder_path={v1!r})
api.create_tag("i2a/trees", tag="v1.0.0", repo_type="dataset")
api.upload_folder(repo_id="i2a/trees", repo_type="dataset", folder_path={main!r})
result = None
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Holds i2a/trees, whose `main` has lost the last of the rows that v1.0.0 has."""
    folder = tmp_path_factory.mktemp("hub")
    v1 = write_trees(folder / "v1")
    shutil.copytree(v1, folder / "main")
    shorten(folder / "main")
    with Hub(folder / "store", xet=True) as hub:
        run_client(hub, PUSH.format(v1=str(v1), main=str(folder / "main")))
        yield hub


def shorten(release: Path) -> None:
    import pyarrow.parquet as pq

    for config in CONFIGS.values():
        file = release / f"{config}/train-00000-of-00001.parquet"
        pq.write_table(pq.read_table(file).slice(0, ROWS - 1), file)


def command(stage: str) -> list[str]:
    recipe = REPO / f"training/recipes/qwen2.5-0.5b/{stage}.yaml"
    return ["trl", stage, "--config", str(recipe), "--gradient_accumulation_steps", "2"]


@pytest.fixture(scope="module")
def trained(
    place: Path, hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[list[Trained]]]]:
    """SFT, then DPO from its result, in two folders at a time, since most of a run is start-up."""

    def both(folder: Path, env: dict[str, str]) -> list[Trained]:
        """By the recipes as they stand, but for the model that SFT starts from, and steps enough to move it."""
        words = {"sft": ["--model_name_or_path", str(place / "chatml")], "dpo": []}
        return [train(folder, f"{OUT}/{stage}", [*command(stage), *words[stage]], env) for stage in CONFIGS]

    far, near = (tmp_path_factory.mktemp(name) for name in ("far", "near"))
    (near / "i2a").mkdir()
    online = hub.env(None, near / "home") | {"HF_HUB_OFFLINE": "0"}
    _, *words = DOWNLOAD.split()
    subprocess.run([BIN / "hf", *words], cwd=near, env=online, check=True, capture_output=True, timeout=60)
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {
            "hub": pool.submit(both, far, hub.env(None, far / "home") | {"HF_HUB_OFFLINE": "0"}),
            "folder": pool.submit(both, near, {"HF_HOME": str(near / "elsewhere")}),
        }


@pytest.mark.parametrize(("source", "rows"), [("hub", ROWS - 1), ("folder", ROWS)])
def test_trl_trains_by_the_recipe_on_every_row(
    trained: dict[str, Future[list[Trained]]], place: Path, source: str, rows: int
) -> None:
    before = load_file(place / "chatml/model.safetensors")
    for run in trained[source].result():
        assert run.rows == rows
        steps = -(-rows // run.batch)
        assert {path.name for path in run.out.glob("checkpoint-*")} == {
            f"checkpoint-{steps - 1}",
            f"checkpoint-{steps}",
        }
        assert any("eval_loss" in entry for entry in run.history)
        after = load_file(run.out / "model.safetensors")
        assert before.keys() == after.keys()
        assert any(np.any(before[name] != after[name]) for name in before)
        before = after


def test_a_name_that_begins_with_hf_means_the_hub_where_a_folder_of_that_name_stands(place: Path, hub: Hub) -> None:
    code = f"""
import datasets, os
os.symlink({str(place / "i2a")!r}, "i2a")
names = ["i2a/trees", "hf://datasets/i2a/trees"]
result = [datasets.load_dataset(name, "preference", split="train").num_rows for name in names]
"""
    assert run_client(hub, code) == [ROWS, ROWS - 1]
