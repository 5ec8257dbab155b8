"""Two processes, of which each has half of the rows of a step, train as one process does that has them all."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.training.runs import REPO
from tests.training.trl import Trained, train

pytestmark = pytest.mark.slow

TWO = "accelerate launch --multi_gpu --num_processes 2 --num_machines 1 --mixed_precision no --main_process_port 0"
"""On a CPU too: with `--cpu`, or a file that says so, accelerate starts one process whatever it is asked for."""
DPO = [
    *("--dataset_name", "i2a/trees", "--dataset_config", "preference", "--bf16", "false"),
    *("--max_steps", "2", "--lr_scheduler_type", "constant", "--learning_rate", "0.01"),
]


def figures(run: Trained) -> list[dict[str, Any]]:
    """What each step logged of what it trained on."""
    steps = [entry for entry in run.history if "rewards/margins" in entry and "loss" in entry]
    return [{name: entry[name] for name in entry if not name.endswith("_runtime")} for entry in steps]


@pytest.fixture(scope="module")
def model(place: Path) -> Path:
    """Without dropout, which is drawn in each process for itself; TRL turns off only what is a module of its own."""
    folder = shutil.copytree(place / "chatml", place / "plain")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "attention_dropout": 0.0}))
    return folder


@pytest.fixture(scope="module")
def trained(place: Path, model: Path) -> dict[str, Trained]:
    """By one process and by two, each of which has one thread."""

    def dpo(out: str, start: list[str], rows: int) -> Trained:
        words = [*start, str(REPO / "training/dpo.py"), *DPO, "--model_name_or_path", model.name]
        return train(place, out, [*words, "--per_device_train_batch_size", str(rows)], {"HF_HOME": str(place / "hf")})

    with ThreadPoolExecutor(max_workers=2) as pool:
        one = pool.submit(dpo, "one", ["python"], 8)
        two = pool.submit(dpo, "two", TWO.split(), 4)
        return {"one": one.result(), "two": two.result()}


def test_every_step_logs_the_same_figures(trained: dict[str, Trained]) -> None:
    one, two = (figures(trained[name]) for name in ("one", "two"))
    assert [trained[name].batch for name in trained] == [8, 8]
    assert len(one) == len(two) == 2
    for ours, theirs in zip(one, two, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)
    assert (one[0]["loss"], one[0]["rewards/margins"]) == pytest.approx((np.log(2), 0))  # it is its own reference
    assert one[1]["loss"] < 0.9 * one[0]["loss"]  # so a step that went astray would be seen in the next


def test_the_weights_become_the_same(trained: dict[str, Trained], model: Path) -> None:
    before, one, two = (
        load_file(folder / "model.safetensors") for folder in (model, trained["one"].out, trained["two"].out)
    )
    moved = max(np.abs(one[name] - before[name]).max() for name in before)
    apart = max(np.abs(one[name] - two[name]).max() for name in before)
    assert moved > 0.01
    assert apart < moved / 100
