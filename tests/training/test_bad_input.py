"""What a user can mend is one line that says what, where and what to do, before a model is loaded or a file written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.runs import Runs
from tests.training.tiny import preference_rows, sft_rows, splits, tree, write_trees

pytestmark = pytest.mark.slow

SFT = {"dataset_name": "i2a/trees", "dataset_config": "sft", "model_name_or_path": "chatml", "output_dir": "out"}
CPU = {"use_cpu": True, "bf16": False, "report_to": "none"}
DPO = {**SFT, "dataset_config": "preference"}

Row = dict[str, Any]


def words(options: Row) -> list[str]:
    """`--name value` of each option; None leaves one out."""
    return [word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))]


def refused(runs: Runs, place: Path, kind: str, options: Row, *more: str, loads: bool = False) -> str:
    """The error's line; where it `loads` a model first, only TRL or PEFT can know."""
    shutil.rmtree(place / "out", ignore_errors=True)
    ended = getattr(runs, kind)(place, *words(options), *more)
    assert ended.code == 2, ended.err
    assert "Traceback" not in ended.err
    assert loads or "Loading weights" not in ended.err
    assert not (place / "out").exists()
    told: str = ended.err.splitlines()[-1]
    assert ended.err.count("error: ") == 1
    assert told.startswith("error: ")
    return told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("max_lenght: 512", "max_lenght"),
        ("learning_rate: quick", "learning_rate"),
        ("use_peft: perhaps", "use_peft"),
        ("max_length: [1, 2]", "max_length"),
        ("min_margin: [1]", "min_margin"),
        ("min_margin: 2", "--min_margin is 2"),
        ("- a list", "must contain a YAML mapping"),
        ("", "must contain a YAML mapping"),
        ("max_length: {512", "recipe.yaml"),
        ("max_length: \x00", "recipe.yaml"),
        ("max_length: 512.5", "max_length: 512.5"),  # of each the number that it would have become
        ("per_device_train_batch_size: 2.0", "per_device_train_batch_size: 2.0"),
        ("per_device_train_batch_size: true", "per_device_train_batch_size: True"),
        ("dataset_name: 5", "dataset_name: 5"),
        ("lora_target_modules: 5", "lora_target_modules: 5"),
        (
            "per_device_train_batch_size: 2\nmax_length: 5",
            "--max_length 5: the shortest prompt of train alone has 23 tokens",
        ),
    ],
)
def test_a_mistake_in_the_recipe_is_named(runs: Runs, place: Path, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "recipe.yaml").write_text(text)
    assert says in refused(runs, place, "sft", SFT | CPU, "--config", str(tmp_path / "recipe.yaml"))


def test_a_recipe_that_can_t_be_read_is_named(runs: Runs, place: Path, tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("output_dir: café".encode("latin-1"))
    says = {
        "none.yaml": "there is no such file",
        str(tmp_path): "s a directory",
        str(tmp_path / "latin.yaml"): "latin.yaml",
    }
    for file, what in says.items():
        told = refused(runs, place, "sft", SFT | CPU, "--config", file)
        assert what in told
        assert file in told
    assert "--config needs a file" in refused(runs, place, "sft", SFT | CPU, "--config")


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("sft", SFT | CPU | {"max_lenght": 512}, ["--max_lenght"]),
        ("sft", SFT | CPU | {"learning_r": 1}, ["--learning_r"]),  # an abbreviation, which run.json would not know
        ("sft", SFT | CPU | {"max_length": "long"}, ["--max_length", "'long'"]),
        ("sft", SFT | CPU | {"dataset_name": None}, ["--dataset_name", "--model_name_or_path", "needed"]),
        ("dpo", DPO | CPU | {"model_name_or_path": None}, ["--dataset_name", "--model_name_or_path", "needed"]),
        ("sft", SFT, ["bf16", "--use_cpu --bf16 false"]),  # TRL's default
        ("sft", SFT | {"look_onyl": True}, ["--look_onyl"]),  # which is what to mend first
        ("dpo", DPO | {"bf16": True}, ["bf16", "--fp16"]),
        ("dpo", DPO | CPU | {"min_margin": -0.1}, ["--min_margin is -0.1", "0 to 1"]),
        ("dpo", DPO | CPU | {"max_lost": 1.1}, ["--max_lost is 1.1", "0 to 1"]),
        ("sft", SFT | CPU | {"min_turn": 3, "max_turn": 2}, ["--min_turn 3 --max_turn 2"]),
        ("sft", SFT | CPU | {"min_turn": 0}, ["--min_turn 0"]),
        ("sft", SFT | CPU | {"dataset_streaming": True}, ["--dataset_streaming"]),
        ("sft", SFT | CPU | {"ignore_bias_buffers": True}, ["--ignore_bias_buffers"]),
        ("sft", SFT | CPU | {"completion_only_loss": False}, ["--completion_only_loss", "replies"]),
        ("sft", SFT | CPU | {"assistant_only_loss": True}, ["--assistant_only_loss", "replies"]),
        ("sft", SFT | CPU | {"packing": True}, ["--packing", "by turn"]),
        ("sft", SFT | CPU | {"eval_packing": True}, ["--eval_packing", "by turn"]),
        ("sft", SFT | CPU | {"padding_free": True}, ["--padding_free", "by turn"]),
        ("dpo", DPO | CPU | {"padding_free": True}, ["--padding_free", "by turn"]),
        ("dpo", DPO | CPU | {"ld_alpha": 0.5}, ["--ld_alpha"]),
        ("dpo", DPO | CPU | {"ld_alpha": 0}, ["--ld_alpha"]),
        ("dpo", DPO | CPU | {"train_sampling_strategy": "group_by_length"}, ["group_by_length", "DPO"]),
        ("sft", SFT | CPU | {"save_only_model": True}, ["--save_only_model", "go on"]),
        ("dpo", DPO | CPU | {"resume_from_checkpoint": "none"}, ["--resume_from_checkpoint none", "no such folder"]),
        ("sft", SFT | CPU | {"per_device_train_batch_size": 0}, ["--per_device_train_batch_size", "at least 1"]),
        ("dpo", DPO | CPU | {"per_device_eval_batch_size": 0}, ["--per_device_eval_batch_size", "at least 1"]),
        ("sft", SFT | CPU | {"truncation_mode": "keep_end"}, ["--truncation_mode keep_end", "keep_start"]),
        (
            "sft",
            SFT | CPU | {"dataset_name": "hf://datasets/i2a/trees@v1.0.0"},
            ["hf://datasets/i2a/trees@v1.0.0", "--revision v1.0.0", "--local-dir"],
        ),
        ("dpo", DPO | CPU | {"dataset_name": "i2a/none"}, ["--dataset_name i2a/none"]),
        ("dpo", DPO | CPU | {"dataset_config": "kto"}, ["--dataset_config kto", "'sft'"]),
        ("sft", SFT | CPU | {"dataset_test_split": "dev"}, ["--dataset_test_split dev", "train, test"]),
        ("sft", SFT | CPU | {"dataset_test_split": "train"}, ["--dataset_test_split", "trained on"]),
        ("dpo", DPO | CPU | {"dataset_train_split": "test"}, ["--dataset_test_split", "trained on"]),
        ("sft", SFT | CPU | {"dataset_config": None}, ["no column prompt, completion", "--dataset_config sft"]),
        ("dpo", DPO | CPU | {"dataset_config": "trees"}, ["no column prompt", "--dataset_config preference"]),
        ("dpo", DPO | CPU | {"dataset_config": "sft"}, ["no column chosen, rejected", "--dataset_config preference"]),
        ("dpo", DPO | CPU | {"min_margin": 0.9}, ["no row to train on", "--min_margin"]),
        ("sft", SFT | CPU | {"min_turn": 9}, ["no row to train on", "--min_turn"]),
        ("sft", SFT | CPU | {"model_name_or_path": "none/such"}, ["--model_name_or_path none/such"]),
        ("sft", SFT | CPU | {"model_name_or_path": "i2a"}, ["--model_name_or_path i2a"]),  # a folder, but no model's
        ("sft", SFT | CPU | {"chat_template_path": "none.jinja"}, ["--chat_template_path none.jinja"]),
        ("dpo", DPO | CPU | {"max_length": 23}, ["--max_length 23", "shortest prompt", "23 tokens", "holds all"]),
        ("dpo", DPO | CPU | {"max_length": 100}, ["turn 4: 6", "--max_lost", "holds all"]),
    ],
)
def test_a_mistake_among_the_options_is_named(
    runs: Runs, place: Path, kind: str, options: Row, says: list[str]
) -> None:
    told = refused(runs, place, kind, options)
    for what in says:
        assert what in told


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (SFT | CPU | {"use_peft": True, "lora_target_modules": "nonsense"}, ["nonsense"]),
        (SFT | CPU | {"load_in_4bit": True}, ["bitsandbytes"]),
        (SFT | CPU | {"push_to_hub": True, "hub_model_id": "ann/tiny"}, ["offline"]),
    ],
)
def test_what_trl_refuses_is_one_line_too(runs: Runs, place: Path, options: Row, says: list[str]) -> None:
    told = refused(runs, place, "sft", options, loads=True)
    for what in says:
        assert what in told


def test_an_output_folder_that_is_a_file_is_refused(runs: Runs, place: Path, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    told = refused(runs, place, "dpo", DPO | CPU | {"output_dir": tmp_path / "model"})
    assert told == f"error: --output_dir {tmp_path / 'model'}: that is a file"
    assert (tmp_path / "model").read_text() == "mine"


def test_a_recipe_can_be_given_with_an_equals_sign(runs: Runs, place: Path, tmp_path: Path) -> None:
    """It is read, its mistakes are told, and flags win over it."""
    recipe = tmp_path / "recipe=1.yaml"
    recipe.write_text("max_length: 200\nlook_only: true\n")
    for more, limit in ([], "200"), (["--max_length", "222"], "222"):
        ended = runs.sft(place, *words(SFT | CPU), f"--config={recipe}", *more)
        assert ended.code == 0, ended.err
        assert f"--max_length is {limit}\n" in ended.out
    recipe.write_text("max_lenght: 200")
    assert "max_lenght" in refused(runs, place, "sft", SFT | CPU, f"--config={recipe}")
    assert "none.yaml: there is no such file" in refused(runs, place, "sft", SFT | CPU, "--config=none.yaml")


@pytest.mark.parametrize(("rank", "tells"), [("0", True), ("1", False)])
def test_of_several_processes_the_first_tells_a_mistake(runs: Runs, place: Path, rank: str, tells: bool) -> None:
    """But each what is no mistake of the user's, with where it happened."""
    ended = runs.probe("on_rank", place, rank, True)
    assert (ended.code, ended.result, ended.out) == (0, 2, "")
    assert ended.err == ("error: mend it\n" if tells else "")
    ended = runs.probe("on_rank", place, rank, False)
    assert ended.code == 1
    assert "Traceback" in ended.err
    assert ended.err.splitlines()[-1] == "RuntimeError: a gradient is gone"


def damaged(place: Path, damage: Callable[[Row], Row], *, test: bool = True) -> None:
    """Writes the dataset `damaged`, whose rows `damage` made of good ones; without `test` that split is empty."""
    shutil.rmtree(place / "damaged", ignore_errors=True)
    preference = {split: preference_rows(trees) for split, trees in splits().items()}
    configs = {
        "preference": {split: [damage(row) for row in rows] for split, rows in preference.items()},
        "sft": {split: [damage(row) for row in sft_rows(rows)] for split, rows in preference.items()},
    }
    if not test:
        configs["sft"]["test"] = []
    write_trees(place / "damaged", configs)


@pytest.mark.parametrize(
    ("kind", "damage", "more", "says"),
    [
        ("dpo", lambda row: row | {"chosen": "take a cat ."}, {}, ["chosen is 'take a cat .'", "messages"]),
        ("dpo", lambda row: row | {"prompt": [["user", "hello"]]}, {}, ["prompt is", "messages"]),
        ("dpo", lambda row: row | {"rejected": []}, {}, ["rejected is '[]'", "messages"]),
        ("dpo", lambda row: row | {"rejected": [{"content": "no"}]}, {}, ["rejected is", '"role"']),
        ("dpo", lambda row: {**row, "margin": None}, {"min_margin": 0.1}, ["no row to train on", "--min_margin"]),
        ("dpo", lambda row: {k: v for k, v in row.items() if k != "margin"}, {"min_margin": 0.1}, ["column margin"]),
        ("dpo", lambda row: {k: v for k, v in row.items() if k != "turn"}, {"max_turn": 2}, ["--max_turn", "turn"]),
    ],
)
def test_data_that_can_t_be_trained_on_is_refused(
    runs: Runs, place: Path, kind: str, damage: Callable[[Row], Row], more: Row, says: list[str]
) -> None:
    damaged(place, damage)
    told = refused(runs, place, kind, DPO | CPU | more | {"dataset_name": "damaged"})
    for what in says:
        assert what in told


def test_an_empty_split_is_refused(runs: Runs, place: Path) -> None:
    damaged(place, lambda row: row, test=False)
    told = refused(runs, place, "sft", SFT | CPU | {"dataset_name": "damaged"})
    assert '--dataset_name damaged --dataset_config sft: Instruction "test" corresponds to no data' in told


def test_a_file_that_is_broken_is_refused(runs: Runs, place: Path) -> None:
    """With what is wrong with it, not only that something is."""
    damaged(place, lambda row: row)
    (place / "damaged/sft/test-00000-of-00001.parquet").write_bytes(b"PAR1 no more than that")
    told = refused(runs, place, "sft", SFT | CPU | {"dataset_name": "damaged"})
    assert "--dataset_name damaged" in told
    assert "Parquet magic bytes not found" in told


def test_a_row_deep_in_the_data_is_looked_at_too(runs: Runs, place: Path) -> None:
    last = preference_rows([tree(5)])[-1]
    damaged(place, lambda row: row | {"chosen": []} if row["prompt"] == last["prompt"] else row)
    told = refused(runs, place, "dpo", DPO | CPU | {"dataset_name": "damaged"})
    assert "chosen is '[]'" in told
    assert "row 22" in told


def test_a_model_without_a_chat_template_is_refused(runs: Runs, place: Path) -> None:
    shutil.copytree(place / "chatml", place / "base", dirs_exist_ok=True)
    (place / "base/chat_template.jinja").unlink()
    told = refused(runs, place, "sft", SFT | CPU | {"model_name_or_path": "base"})
    assert "--model_name_or_path base: it has no chat template" in told
    assert "--chat_template_path" in told


def test_a_template_of_another_model_can_be_given(runs: Runs, place: Path) -> None:
    """Which is a model, or a file whose name says that it is a template: TRL takes any other for a model."""
    shutil.copytree(place / "chatml", place / "base", dirs_exist_ok=True)
    (place / "base/chat_template.jinja").unlink(missing_ok=True)
    shutil.copy(place / "llama3/chat_template.jinja", place / "template.txt")
    options = SFT | CPU | {"model_name_or_path": "base", "chat_template_path": "template.txt"}
    assert "--chat_template_path template.txt" in refused(runs, place, "sft", options)
    for template in ("llama3", "llama3/chat_template.jinja"):
        options = SFT | CPU | {"model_name_or_path": "base", "chat_template_path": template, "look_only": True}
        ended = runs.sft(place, *words(options))
        assert ended.code == 0, ended.err
        assert "<|start_header_id|>assistant<|end_header_id|>" in ended.out


def test_an_adapter_whose_base_is_gone_is_refused(runs: Runs, place: Path) -> None:
    shutil.copytree(place / "chatml", place / "adapter", dirs_exist_ok=True)
    (place / "adapter/adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "gone"}')
    told = refused(runs, place, "dpo", DPO | CPU | {"model_name_or_path": "adapter"})
    assert "--model_name_or_path adapter: its base model gone can't be loaded" in told
    quantized = DPO | CPU | {"model_name_or_path": "adapter", "load_in_4bit": True}
    assert "4 or 8 bits" in refused(runs, place, "dpo", quantized)
