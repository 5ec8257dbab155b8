"""A run that was killed or stopped ends, by the same command, as one that was not; another run is kept out of it.

What tells one run from another is in run.json.
"""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.training.runs import ON_TREES, Ended, Runs
from tests.training.tiny import preference_rows, splits, tree, write_trees

pytestmark = pytest.mark.slow

COMMON = [
    *ON_TREES,
    "--per_device_train_batch_size",
    "4",
    "--num_train_epochs",
    "3",
    "--learning_rate",
    "3e-3",
    "--save_steps",
    "4",
    "--save_total_limit",
    "2",
    "--logging_steps",
    "1",
]  # 18 steps, 6 an epoch
LORA = ["--use_peft", "--lora_target_modules", "all-linear", "--lora_r", "4", "--lora_dropout", "0.2"]
COMMANDS = {
    "sft": [*COMMON, "--dataset_config", "sft", "--model_name_or_path", "dropping"],
    "dpo": [*COMMON, "--dataset_config", "preference", "--model_name_or_path", "adapter", *LORA],
}
"""SFT of all weights, with dropout, whose random numbers must go on too; DPO that goes on with SFT's adapter."""
FILES = {"sft": "model.safetensors", "dpo": "adapter_model.safetensors"}


@pytest.fixture(scope="module")
def folder(runs: Runs, place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds what the commands need, and in `sft-whole` and `dpo-whole` what they give when nothing stops them."""
    folder = tmp_path_factory.mktemp("resumed")
    shutil.copytree(place / "i2a", folder / "i2a")
    shutil.copytree(place / "chatml", folder / "chatml")
    shutil.copytree(place / "chatml", folder / "dropping")
    config = json.loads((folder / "dropping/config.json").read_text())
    (folder / "dropping/config.json").write_text(json.dumps(config | {"attention_dropout": 0.2}))
    adapter = [*COMMON, "--dataset_config", "sft", "--model_name_or_path", "chatml", *LORA, "--learning_rate", "3e-2"]
    for kind, words, out in (
        ("sft", adapter, "adapter"),
        ("sft", COMMANDS["sft"], "sft-whole"),
        ("dpo", COMMANDS["dpo"], "dpo-whole"),
    ):
        ended = getattr(runs, kind)(folder, *words, "--output_dir", out)
        assert ended.code == 0, ended.err
    return folder


def again(runs: Runs, folder: Path, kind: str, out: str, *more: str) -> tuple[Ended, int]:
    """The same command: what it came to, and its training steps."""
    ended = runs.probe("counted", folder, kind, [*COMMANDS[kind], *more, "--output_dir", out])
    assert ended.code == 0, ended.err
    return Ended(ended.result["code"], ended.out, ended.err), ended.result["steps"]


def assert_ends_as_whole(folder: Path, kind: str, out: str) -> None:
    ends = [load_file(folder / name / FILES[kind]) for name in (out, f"{kind}-whole")]
    begin = load_file(folder / {"sft": "dropping", "dpo": "adapter"}[kind] / FILES[kind])
    assert ends[0].keys() == ends[1].keys()
    for name, value in ends[1].items():
        np.testing.assert_allclose(ends[0][name], value, rtol=1e-5, atol=1e-6)
        assert np.abs(value - begin[name]).max() > 1e-3  # so that the comparison says something
    told = [json.loads((folder / name / "test_results.json").read_text()) for name in (out, f"{kind}-whole")]
    assert told[0] == pytest.approx(told[1], abs=1e-4)
    assert not (folder / out / "ref").exists()


@pytest.mark.parametrize("kind", ["sft", "dpo"])
@pytest.mark.parametrize(
    ("when", "step", "last"), [("in a step", 10, 8), ("in a checkpoint", 12, 8), ("in a step", 2, 0)]
)
def test_a_killed_run_ends_as_one_that_was_not(
    runs: Runs, folder: Path, kind: str, when: str, step: int, last: int
) -> None:
    """It goes on from the last checkpoint that was written to its end, and from none where there is none."""
    out = f"{kind}-killed-{step}"
    ended = runs.probe("killed", folder, kind, [*COMMANDS[kind], "--output_dir", out], step, when)
    assert ended.code == -9
    assert (folder / out / "checkpoint-12").exists() == (when == "in a checkpoint")
    if step == 10:  # and as a full disk leaves it
        shutil.copytree(folder / out / "checkpoint-8", folder / out / "checkpoint-9")
        state = folder / out / "checkpoint-9/trainer_state.json"
        state.write_bytes(state.read_bytes()[:100])

    ended, steps = again(runs, folder, kind, out)

    assert ended.code == 0, ended.err
    assert steps == 18 - last
    assert (f"going on from {out}/checkpoint-{last}\n" in ended.out) == bool(last)
    assert_ends_as_whole(folder, kind, out)


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_ctrl_c_ends_after_a_checkpoint(runs: Runs, folder: Path, kind: str) -> None:
    out = f"{kind}-stopped"
    ended = runs.probe("killed", folder, kind, [*COMMANDS[kind], "--output_dir", out], 9, "asked to stop")
    assert ended.code == 0, ended.err
    assert ended.result == 130
    assert "Traceback" not in ended.err
    assert "stopping after a checkpoint" in ended.out
    assert ended.err.splitlines()[-1] == "stopped at step 10 of 18; the same command goes on"
    assert not (folder / out / FILES[kind]).exists()

    ended, steps = again(runs, folder, kind, out)

    assert (ended.code, steps) == (0, 8)
    assert_ends_as_whole(folder, kind, out)


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_a_finished_run_given_again_trains_nothing(runs: Runs, folder: Path, kind: str) -> None:
    """Nor do options that change nothing of what is trained, nor those that are given at their defaults."""
    before = load_file(folder / f"{kind}-whole" / FILES[kind])
    told = (folder / f"{kind}-whole/test_results.json").read_bytes()
    more = ["--log_level", "error", "--max_lost", "0.5", "--seed", "42", "--lr_scheduler_type", "linear"]
    ended, steps = again(runs, folder, kind, f"{kind}-whole", *more)
    assert (ended.code, steps) == (0, 0)
    after = load_file(folder / f"{kind}-whole" / FILES[kind])
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert (folder / f"{kind}-whole/test_results.json").read_bytes() == told
    assert "nothing to do" in ended.out


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_a_run_killed_after_its_last_step_trains_nothing_more(runs: Runs, folder: Path, kind: str) -> None:
    out = f"{kind}-almost"
    shutil.copytree(folder / f"{kind}-whole", folder / out)
    for name in (FILES[kind], "test_results.json"):
        (folder / out / name).unlink()
    ended, steps = again(runs, folder, kind, out)
    assert (ended.code, steps) == (0, 0)
    assert_ends_as_whole(folder, kind, out)


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_a_run_whose_evaluation_fails_has_saved_its_model(runs: Runs, folder: Path, kind: str) -> None:
    """The same command evaluates it."""
    out = f"{kind}-unmeasured"
    ended = runs.probe("without_figures", folder, kind, [*COMMANDS[kind], "--output_dir", out])
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "RuntimeError: out of memory"
    assert not (folder / out / "test_results.json").exists()
    saved, whole = (load_file(folder / name / FILES[kind]) for name in (out, f"{kind}-whole"))
    assert saved.keys() == whole.keys()
    for name, value in whole.items():
        np.testing.assert_allclose(saved[name], value, rtol=1e-5, atol=1e-6)

    ended, steps = again(runs, folder, kind, out)

    assert (ended.code, steps) == (0, 0)
    assert_ends_as_whole(folder, kind, out)


def test_a_flag_at_its_default_does_not_make_another_run_of_a_stopped_one(runs: Runs, folder: Path) -> None:
    shutil.copytree(folder / "dpo-whole", folder / "behind")
    (folder / "behind/test_results.json").unlink()
    shutil.rmtree(folder / "behind/checkpoint-18")
    ended, steps = again(runs, folder, "dpo", "behind", "--seed", "42", "--min_margin", "0")
    assert (ended.code, steps) == (0, 2)
    assert_ends_as_whole(folder, "dpo", "behind")


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_a_flag_at_its_default_is_noted_nowhere(runs: Runs, folder: Path, kind: str) -> None:
    """None of those there are; but what TRL turns off on a CPU, or turns into nothing, is told as it is."""
    ended = runs.probe("told_defaults", folder, kind, [*COMMANDS[kind], "--output_dir", "out"])
    assert ended.code == 0, ended.err
    plain, more = ended.result
    assert more == {**plain, "dataloader_pin_memory": False, "pad_to_multiple_of": None}
    assert plain["per_device_train_batch_size"] == 4
    assert "num_train_epochs" not in plain


def test_a_default_that_wins_over_the_recipe_is_noted_nowhere(runs: Runs, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("seed: 7\nbeta: 0.1\nmax_length: 256\n")
    argv = [*COMMANDS["dpo"], "--config", str(tmp_path / "recipe.yaml"), "--output_dir", "out"]
    plain, default = (
        runs.probe("told_defaults", folder, "dpo", words).result[0] for words in (argv, [*argv, "--seed", "42"])
    )
    assert plain["seed"] == 7
    assert plain["max_length"] == 256
    assert "beta" not in plain
    assert default == {name: value for name, value in plain.items() if name != "seed"}


def test_checkpoints_of_another_command_are_refused(runs: Runs, folder: Path) -> None:
    shutil.copytree(folder / "dpo-whole", folder / "foreign")
    (folder / "foreign/run.json").unlink()
    ended = runs.dpo(folder, *COMMANDS["dpo"], "--output_dir", "foreign")
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("error: foreign holds checkpoints without run.json")


def refused(runs: Runs, folder: Path, more: Sequence[str], out: str = "dpo-whole") -> str:
    """What the error says; nothing in the folder changes."""
    files = {path: path.read_bytes() for path in (folder / out).rglob("*") if path.is_file()}
    ended = runs.dpo(folder, *COMMANDS["dpo"], *more, "--output_dir", out)
    assert ended.code == 2, ended.err
    assert files == {path: path.read_bytes() for path in (folder / out).rglob("*") if path.is_file()}
    told: str = ended.err.splitlines()[-1]
    assert told.startswith(f"error: {out} holds another run (")
    assert told.endswith("give another --output_dir, or delete it")
    return told


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        (["--learning_rate", "1e-3"], "learning_rate: 0.003 -> 0.001"),
        (["--beta", "0.5", "--lora_r", "8"], "beta: None -> 0.5, lora_r: 4 -> 8"),
        (
            ["--min_turn", "2"],
            "dataset_rows: {'train': 23, 'test': 7} -> {'train': 17, 'test': 7}, min_turn: None -> 2",
        ),
        (["--lr_scheduler_type", "cosine"], "lr_scheduler_type: None -> cosine"),
        (["--seed", "7"], "seed: None -> 7"),
        (["--per_device_train_batch_size", "8"], "per_device_train_batch_size: 4 -> None"),  # TRL's default
        (["--dataloader_drop_last"], "dataloader_drop_last: None -> True"),
    ],
)
def test_other_options_are_kept_out(runs: Runs, folder: Path, more: list[str], changed: str) -> None:
    assert f"({changed})" in refused(runs, folder, more)


def test_another_model_is_kept_out(runs: Runs, folder: Path) -> None:
    told = refused(runs, folder, ["--model_name_or_path", "dropping"])
    assert re.search(r"\(model_files: \w{12} -> \w{12}, model_name_or_path: adapter -> dropping\)", told)


def test_other_data_are_kept_out(runs: Runs, folder: Path) -> None:
    """Of the same name, and in the same place."""
    good = (folder / "i2a/trees/manifest.json").read_bytes()
    other = {
        "train": preference_rows([tree(number) for number in range(6, 12)]),
        "test": preference_rows(splits()["test"]),
    }
    shutil.move(folder / "i2a", folder / "kept")
    try:
        write_trees(folder / "i2a/trees", {"preference": other})
        assert (folder / "i2a/trees/manifest.json").read_bytes() != good
        told = refused(runs, folder, [])
    finally:
        shutil.rmtree(folder / "i2a")
        shutil.move(folder / "kept", folder / "i2a")
    assert "dataset_version: manifest " in told


def test_the_same_options_written_otherwise_are_the_same(runs: Runs, folder: Path) -> None:
    """A word of an enumeration, a number, a mapping. The run ends within an epoch, and given again it stays ended."""
    words = ["--lr_scheduler_type", "cosine_with_min_lr", "--lr_scheduler_kwargs", '{"min_lr_rate": 0.1}']
    words += ["--accelerator_config", '{"split_batches": false}', "--max_steps", "4", "--optim", "adamw_torch"]
    for rate, steps in (("0.001", 4), ("1e-3", 0)):
        ended, done = again(runs, folder, "dpo", "plain", *words, "--learning_rate", rate)
        assert (ended.code, done) == (0, steps), ended.err


@pytest.mark.parametrize("unfinished", [False, True])
@pytest.mark.parametrize("kind", ["sft", "lora"])
def test_a_model_that_was_trained_anew_in_its_place_makes_another_run(
    runs: Runs, folder: Path, kind: str, *, unfinished: bool
) -> None:
    """Its DPO would go on, or stay ended, from what is gone."""
    first = f"begin-{kind}-{unfinished}"
    begin = [*COMMANDS["sft"], "--model_name_or_path", "chatml", *(LORA if kind == "lora" else []), "--max_steps", "1"]
    more = ["--model_name_or_path", first, "--max_steps", "1"]
    for _ in range(2):  # the same weights are the same model, whenever they were written
        shutil.rmtree(folder / first, ignore_errors=True)
        assert runs.sft(folder, *begin, "--output_dir", first).code == 0
        ended, _ = again(runs, folder, "dpo", f"after-{first}", *more)
        assert ended.code == 0, ended.err
    assert "nothing to do" in ended.out
    note = json.loads((folder / f"after-{first}/run.json").read_text())

    shutil.rmtree(folder / first)
    assert runs.sft(folder, *begin, "--seed", "7", "--output_dir", first).code == 0
    if unfinished:
        (folder / f"after-{first}/test_results.json").unlink()
    told = refused(runs, folder, more, f"after-{first}")

    assert f"(model_files: {note['model_files']} -> " in told


def test_another_number_of_processes_makes_another_run(runs: Runs, folder: Path) -> None:
    """Each of them has a batch of its own, so a step has other rows."""
    shutil.copytree(folder / "dpo-whole", folder / "by-two")
    note = json.loads((folder / "by-two/run.json").read_text())
    assert note["processes"] == 1
    (folder / "by-two/run.json").write_text(json.dumps({**note, "processes": 2}))
    assert "(processes: 2 -> 1)" in refused(runs, folder, [], "by-two")


def test_a_finished_run_without_checkpoints_is_known_too(runs: Runs, folder: Path) -> None:
    """They were deleted, which saves space, or never written."""
    shutil.copytree(folder / "dpo-whole", folder / "bare", ignore=shutil.ignore_patterns("checkpoint-*"))
    never = ["--save_strategy", "no", "--max_steps", "1"]
    assert again(runs, folder, "dpo", "never", *never)[1] == 1
    assert not [*(folder / "never").glob("checkpoint-*")]
    for out, more in (("bare", []), ("never", never)):
        files = {path: path.read_bytes() for path in (folder / out).rglob("*") if path.is_file()}
        ended, steps = again(runs, folder, "dpo", out, *more)
        assert (ended.code, steps) == (0, 0)
        assert "nothing to do" in ended.out
        assert files == {path: path.read_bytes() for path in (folder / out).rglob("*") if path.is_file()}
        assert "(learning_rate: 0.003 -> 0.001)" in refused(runs, folder, [*more, "--learning_rate", "1e-3"], out)


def test_results_of_another_command_are_refused(runs: Runs, folder: Path) -> None:
    """Of a script that also writes test_results.json, but no run.json."""
    (folder / "strange").mkdir()
    (folder / "strange/test_results.json").write_text("{}")
    ended = runs.dpo(folder, *COMMANDS["dpo"], "--output_dir", "strange")
    assert ended.code == 2, ended.err
    assert ended.err.splitlines()[-1].startswith("error: strange holds ")
    assert [path.name for path in (folder / "strange").iterdir()] == ["test_results.json"]
