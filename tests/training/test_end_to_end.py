"""SFT, and DPO from it, with all weights and with LoRA; what they save, and what they say of the test split."""

import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.training.runs import ON_TREES, Ended, Runs
from tests.training.tiny import preference_rows, sft_rows, splits

pytestmark = pytest.mark.slow

Row = dict[str, Any]
CONFIG = {"sft": "sft", "dpo": "preference"}
COMMON = [
    *ON_TREES,
    "--logging_steps",
    "1",
    "--save_strategy",
    "epoch",
    "--per_device_train_batch_size",
    "4",
    "--per_device_eval_batch_size",
    "3",
    "--max_length",
    "256",
]  # the 7 rows of the test split are no multiple of 3
LORA = ["--use_peft", "--lora_target_modules", "all-linear", "--lora_r", "4", "--learning_rate", "3e-2"]
BETA = 0.3
TOKEN = "hf_secretSecretSecretSecret"

COMMANDS = {
    "sft": ("sft", "chatml", ["--num_train_epochs", "5", "--learning_rate", "1e-2", "--hub_token", TOKEN]),
    "lora": ("sft", "chatml", ["--num_train_epochs", "5", *LORA]),
    "dpo": ("dpo", "sft", ["--learning_rate", "1e-3"]),
    "dpo-lora": ("dpo", "sft", [*LORA, "--learning_rate", "3e-3"]),  # a new adapter
    "dpo-goes-on": ("dpo", "lora", [*LORA, "--learning_rate", "1e-3"]),
    "dpo-merged": ("dpo", "lora", ["--learning_rate", "1e-3"]),
}
"""By the folder that each fills: its trainer, the model that it starts from, its options."""
REFERENCE = {"dpo": "sft", "dpo-lora": "sft", "dpo-goes-on": "lora", "dpo-merged": "lora"}


@dataclass(frozen=True)
class Trained:
    place: Path
    ended: dict[str, Ended]

    def log(self, name: str) -> list[Row]:
        """What was logged of each training step."""
        state = json.loads((self.place / name / "trainer_state.json").read_text())
        return [entry for entry in state["log_history"] if "loss" in entry]

    def told(self, name: str) -> dict[str, float]:
        return dict(json.loads((self.place / name / "test_results.json").read_text()))


@pytest.fixture(scope="module")
def trained(runs: Runs, place: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Every command, DPO's a second time with precomputed log-probabilities of the reference, in `NAME-before`."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copytree(place, folder, dirs_exist_ok=True)
    ended = {}
    for name, (kind, model, more) in COMMANDS.items():
        words = [*COMMON, "--dataset_config", CONFIG[kind], "--model_name_or_path", model, *more]
        if kind == "dpo":
            words += ["--beta", str(BETA), "--num_train_epochs", "2"]
            again = [*words, "--precompute_ref_log_probs", "--output_dir", f"{name}-before"]
            ended[f"{name}-before"] = runs.dpo(folder, *again)
        ended[name] = getattr(runs, kind)(folder, *words, "--output_dir", name)
    for name, one in ended.items():
        assert one.code == 0, f"{name}: {one.err}"
    return Trained(folder, ended)


def weights(folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    name = "adapter_model.safetensors" if (folder / "adapter_config.json").exists() else "model.safetensors"
    return dict(load_file(folder / name))


@pytest.mark.parametrize("name", ["sft", "lora"])
def test_the_loss_on_what_can_be_learnt_falls(trained: Trained, name: str) -> None:
    first, *_, last = trained.log(name)
    assert first["loss"] > 3
    assert last["loss"] < first["loss"] / 2
    assert trained.told(name)["loss"] < first["loss"] / 2


@pytest.mark.parametrize("name", REFERENCE)
def test_dpo_begins_at_its_reference(trained: Trained, name: str) -> None:
    """Which is the SFT result, its adapter in it: the first margin is 0, and what was learnt is no loss to it."""
    first, *_, last = trained.log(name)
    assert first["rewards/margins"] == pytest.approx(0, abs=1e-5)
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-5)
    assert last["rewards/margins"] > 0.05
    assert last["loss"] < first["loss"]
    tokens = 11  # of a chosen reply, at least
    assert first["logps/chosen"] > -tokens * trained.told(REFERENCE[name])["loss"] * 2  # the bare base: 3.6 a token


@pytest.mark.parametrize("name", REFERENCE)
def test_precomputed_log_probabilities_give_the_same_losses(trained: Trained, name: str) -> None:
    keys = ["loss", "rewards/chosen", "rewards/rejected", "logps/chosen"]
    plain, before = ([[entry[key] for key in keys] for entry in trained.log(of)] for of in (name, f"{name}-before"))
    assert len(plain) == 12
    np.testing.assert_allclose(plain, before, rtol=1e-4, atol=1e-4)
    told = [trained.told(of) for of in (name, f"{name}-before")]
    assert told[0] == pytest.approx(told[1], abs=1e-4)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_figures_of_the_test_split_are_those_of_plain_forward_passes(
    runs: Runs, trained: Trained, name: str
) -> None:
    """On what was saved, read again as a stranger reads it; and it speaks."""
    kind = COMMANDS[name][0]
    rows = preference_rows(splits()["test"])
    rows = sft_rows(rows) if kind == "sft" else rows
    plain = runs.probe("figures", trained.place, kind, name, REFERENCE.get(name, ""), rows, BETA)
    assert plain.code == 0, plain.err
    told = trained.told(name)
    assert told == pytest.approx(plain.result["figures"], abs=2e-4)
    assert {"rows/turn 4", "rows/margin 0.0", "rows/margin 0.4"} < told.keys()
    assert told["rows"] == 7
    said = "take a" if "lora" not in name else ""  # what little an adapter on random weights learns is no sentence
    assert plain.result["generated"].startswith(said)
    assert plain.result["generated"]


def test_the_reference_of_an_adapter_is_not_the_bare_base(runs: Runs, trained: Trained) -> None:
    """The figures would differ: what the test above compares them with matters."""
    rows = preference_rows(splits()["test"])
    for name in ("dpo-goes-on", "dpo-merged"):
        bare = runs.probe("figures", trained.place, "dpo", name, "chatml", rows, BETA).result["figures"]
        assert bare["reward_margin"] != pytest.approx(trained.told(name)["reward_margin"], abs=0.05)


def test_what_is_saved_is_what_was_asked_for(trained: Trained) -> None:
    """All weights, or an adapter on the base that the first one stood on; and no copy of the adapter as it was."""
    place = trained.place
    for name in ("sft", "dpo", "dpo-merged"):
        assert (place / name / "model.safetensors").exists()
        assert not (place / name / "adapter_config.json").exists()
    for name, base in (("lora", "chatml"), ("dpo-goes-on", "chatml"), ("dpo-lora", "sft")):
        config = json.loads((place / name / "adapter_config.json").read_text())
        assert config["base_model_name_or_path"] == base
        assert config["r"] == 4
        assert not (place / name / "model.safetensors").exists()
        assert not (place / name / "ref").exists()
    assert {path.name for path in place.glob("dpo*/ref")} == set()


@pytest.mark.parametrize(("name", "before"), [(name, COMMANDS[name][1]) for name in COMMANDS])
def test_all_trained_weights_change(trained: Trained, name: str, before: str) -> None:
    """Those of a merged model too, though PEFT froze them under the adapter."""
    new = weights(trained.place / name)
    if name == "dpo-merged":
        old = weights(trained.place / "chatml")  # merging moves the linear ones alone, so all of the others tell
    elif name in ("lora", "dpo-lora"):
        old = {key: np.zeros_like(value) if "lora_B" in key else value + 1 for key, value in new.items()}
    else:
        old = weights(trained.place / before)
    assert new.keys() == old.keys()
    assert not [key for key in new if np.array_equal(new[key], old[key])]


def test_the_card_and_the_notes_tell_what_a_model_was_made_of(trained: Trained) -> None:
    place = trained.place
    for name, (kind, model, _) in COMMANDS.items():
        card = (place / name / "README.md").read_text()
        assert card.count("## What it was made of") == 1
        assert card.startswith("---\n")
        manifest = json.loads((place / name / "run.json").read_text())["dataset_version"]
        assert (
            f"Dataset: `i2a/trees`, config `{CONFIG[kind]}`, {manifest}: 23 rows of `train`, 7 rows of `test`." in card
        )
        before = f", which had started from `{COMMANDS[model][1]}`" if model in COMMANDS else ""
        assert f"Started from `{model}`{before}. What differs" in card
        assert f"# Model Card for {name}\n" in card
        assert "None" not in card
        assert "rehearsal" in card
        assert "save_strategy: epoch\n" in card
        assert "max_length: 256\n" in card
        told = trained.told(name)
        figures = ["loss"] if kind == "sft" else ["loss", "reward_accuracy", "reward_margin"]
        cells = [line.split("|")[1:-1] for line in card.splitlines() if line.startswith("| ")]
        table = {row[0].strip(): dict(zip(map(str.strip, cells[0]), map(str.strip, row), strict=True)) for row in cells}
        assert table["turn 4"]["rows"] == "2"
        for group, of in (("all", ""), ("turn 4", "/turn 4"), ("judge's margin from 0.4", "/margin 0.4")):
            assert {key: table[group][key] for key in figures} == {key: f"{told[key + of]:.3g}" for key in figures}
        assert json.loads((place / name / "run.json").read_text())["dataset_rows"] == {"train": 23, "test": 7}
        assert "training step" not in trained.ended[name].out


def test_a_token_stands_in_no_file(trained: Trained) -> None:
    files = [path for path in (trained.place / "sft").rglob("*") if path.is_file()]
    assert "training_args.bin" in {path.name for path in files}
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []
    ended = trained.ended["sft"]
    assert TOKEN not in ended.out + ended.err


def test_pushing_is_trls_own_with_the_card_and_the_token(runs: Runs, place: Path, tmp_path: Path) -> None:
    words = [*COMMON, "--dataset_config", "sft", "--model_name_or_path", "chatml", "--max_steps", "1"]
    words += ["--push_to_hub", "--hub_model_id", "ann/tiny", "--hub_token", TOKEN, "--save_strategy", "no"]
    ended = runs.probe("pushed", place, "sft", [*words, "--output_dir", str(tmp_path / "out")])
    assert ended.code == 0, ended.err
    assert ended.result["code"] == 0, ended.err
    calls = ended.result["calls"]
    assert [call["call"] for call in calls] == ["create_repo", "upload", "upload"]  # TRL pushes what it saves, too
    assert {(call["repo_id"], call["token"]) for call in calls} == {("ann/tiny", TOKEN)}
    upload = calls[-1]
    assert "model.safetensors" in upload["files"]
    assert "dataset_name: i2a/trees\n" in upload["card"]
    assert upload["card"].count("## What it was made of") == 1
    assert "On the test split:" in upload["card"]
    assert TOKEN not in upload["card"]
