"""Every recipe holds TRL's own keys, with values that TRL takes, and asks for what is sound for this data."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.training.parsing import Parsed, parse_all
from tests.training.runs import REPO

FILES = sorted(REPO.glob("training/recipes/**/*.yaml"))
MODELS = {
    "llama-3-8b-instruct": "meta-llama/Meta-Llama-3-8B-Instruct",
    "mistral-7b-instruct-v0.3": "mistralai/Mistral-7B-Instruct-v0.3",
    "qwen2-7b-instruct": "Qwen/Qwen2-7B-Instruct",
    "olmo-7b-0724-instruct": "allenai/OLMo-7B-0724-Instruct-hf",
    "qwen2.5-0.5b": "Qwen/Qwen2.5-0.5B-Instruct",
    "paper": "meta-llama/Meta-Llama-3-8B-Instruct",
}
STAGES = {"sft": "sft", "dpo": "preference"}  # command -> config of the dataset
LARGE = [path for path in FILES if path.parent.name in MODELS]  # micro's is made here, from nothing
BAD = {
    "max_lenght: 512": "max_lenght",
    "min_margin: 0.2": "min_margin",  # a flag of our scripts, which plain `trl` does not know
    "learning_rate: quick": "learning_rate",
    "max_length: long": "max_length",
    "max_length: 2048.5": "max_length",
    "max_length: true": "max_length",
    "max_length: [1, 2]": "not used by the HfArgumentParser: ['2']",
    "use_peft: perhaps": "use_peft",
    "save_strategy: sometimes": "sometimes",
    "optim: best": "best",
}


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def commands(path: Path) -> list[list[str]]:
    """The command lines of a recipe's header."""
    header = re.match(r"(#.*\n)*", path.read_text())
    assert header is not None
    lines = re.sub(r"\\\n#", "", header[0]).splitlines()
    return [shlex.split(line[1:], comments=True) for line in lines if re.match(r"# +(python|trl) ", line)]


def flags(command: Sequence[str]) -> list[str]:
    """What a header's command adds to its recipe, without what is for accelerate."""
    words = [*command]
    for option in ("--accelerate_config", "--config"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    return words[2:]


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A line that is wrong -> a recipe that ends with it."""
    good = (REPO / "training/recipes/qwen2.5-0.5b/sft.yaml").read_text()
    files = {line: tmp_path_factory.mktemp("bad") / "sft.yaml" for line in BAD}
    for line, path in files.items():
        path.write_text(good + line + "\n")
    return files


@pytest.fixture(scope="module")
def parsed(mistakes: dict[str, Path]) -> dict[tuple[Path, str], Parsed]:
    """By file and by what its command adds."""
    orders: list[tuple[Path, list[str]]] = [(path, []) for path in [*FILES, *mistakes.values()]]
    orders += [(path, more) for path in FILES for command in commands(path) if (more := flags(command))]
    results = parse_all(orders)
    return {(path, shlex.join(more)): result for (path, more), result in zip(orders, results, strict=True)}


def options(parsed: dict[tuple[Path, str], Parsed], path: Path, more: Sequence[str] = ()) -> dict[str, Any]:
    found = parsed[path, shlex.join(more)]
    assert isinstance(found, dict), found
    return found


def test_each_model_has_both_recipes() -> None:
    assert {name(path) for path in FILES} >= {f"{model}/{stage}" for model in [*MODELS, "micro"] for stage in STAGES}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_trl_takes_the_recipe_with_the_published_data(path: Path, parsed: dict[tuple[Path, str], Parsed]) -> None:
    found = options(parsed, path)
    assert found["dataset_name"] == ("i2a/trees" if path in LARGE else "micro/trees")
    assert found["dataset_config"] == STAGES[path.stem]
    assert (found["dataset_train_split"], found["dataset_test_split"]) == ("train", "test")
    assert found["output_dir"] == f"out/{name(path)}"


@pytest.mark.parametrize("line", BAD)
def test_trl_refuses_a_key_it_does_not_know_and_a_value_of_another_kind(
    line: str, mistakes: dict[str, Path], parsed: dict[tuple[Path, str], Parsed]
) -> None:
    told = parsed[mistakes[line], ""]
    assert isinstance(told, str)
    assert BAD[line] in told


@pytest.mark.parametrize("path", LARGE, ids=name)
def test_no_turn_is_lost_and_a_killed_run_goes_on(path: Path, parsed: dict[tuple[Path, str], Parsed]) -> None:
    found = options(parsed, path)
    assert found["max_length"] >= 2048
    assert found["truncation_mode"] == "keep_start"
    assert found["num_train_epochs"] == 1
    assert found["save_strategy"] == found["eval_strategy"] == "steps"
    assert 0 < found["save_steps"] < 1  # shares: a small dataset is saved and evaluated as often
    assert 0 < found["eval_steps"] < 1
    assert 0 < found["warmup_steps"] < 1
    assert found["save_total_limit"] == 2  # one of them whole, should the run be killed while it writes the other
    assert not found["save_only_model"]
    assert found["report_to"] in ([], "none")


@pytest.mark.parametrize("path", LARGE, ids=name)
def test_weights_are_kept_in_float32_and_computed_with_in_bf16(
    path: Path, parsed: dict[tuple[Path, str], Parsed]
) -> None:
    found = options(parsed, path)
    assert (found["dtype"], found["bf16"], found["gradient_checkpointing"]) == ("float32", True, True)
    assert not found["use_peft"]


@pytest.mark.parametrize("path", [path for path in FILES if path.stem == "sft"], ids=name)
def test_sft_trains_on_the_reply_only(path: Path, parsed: dict[tuple[Path, str], Parsed]) -> None:
    found = options(parsed, path)
    assert found["completion_only_loss"] is True
    assert found["assistant_only_loss"] is False  # it needs marks in the model's template
    assert found["packing"] is False  # rows that share a sequence see each other without FlashAttention
    if path in LARGE:
        assert found["model_name_or_path"] == MODELS[path.parent.name]
        assert 1e-5 <= found["learning_rate"] <= 2e-5


@pytest.mark.parametrize("path", [path for path in FILES if path.stem == "dpo"], ids=name)
def test_dpo_starts_from_the_sft_result_and_goes_gently(path: Path, parsed: dict[tuple[Path, str], Parsed]) -> None:
    found = options(parsed, path)
    assert found["model_name_or_path"] == options(parsed, path.with_stem("sft"))["output_dir"]
    assert found["loss_type"] == ["sigmoid"]
    if path.parent.name == "paper":
        assert (found["beta"], found["learning_rate"]) == (0.9, 1e-5)
    elif path in LARGE:
        assert (found["beta"], found["learning_rate"] <= 1e-6) == (0.1, True)


def test_the_papers_recipes_differ_from_todays_in_the_papers_values_alone(
    parsed: dict[tuple[Path, str], Parsed],
) -> None:
    differ = {}
    for stage in STAGES:
        paper, today = (
            options(parsed, REPO / f"training/recipes/{model}/{stage}.yaml")
            for model in ("paper", "llama-3-8b-instruct")
        )
        differ[stage] = {key for key in paper if paper[key] != today[key]} - {"output_dir", "model_name_or_path"}
    assert differ == {"sft": {"max_length"}, "dpo": {"max_length", "beta", "learning_rate"}}


@pytest.mark.parametrize("path", LARGE, ids=name)
def test_the_headers_commands_are_for_this_recipe_and_parse(path: Path, parsed: dict[tuple[Path, str], Parsed]) -> None:
    found = commands(path)
    assert found
    for command in found:
        assert path.stem in {command[1], Path(command[1]).stem}
        assert command[command.index("--config") + 1] == path.relative_to(REPO).as_posix()
        if more := flags(command):
            lora = options(parsed, path, more)
            assert lora["use_peft"]
            assert lora["lora_target_modules"] == "all-linear"  # peft has no choice of its own for OLMo
            assert lora["dtype"] == "bfloat16"
            assert lora["learning_rate"] == pytest.approx(10 * options(parsed, path)["learning_rate"])
    assert any(flags(command) for command in found) == (path.parent.name != "paper")
    assert "stimated" in path.read_text() or path.parent.name == "paper"
