"""What is the same run, which is gone on with, and what is another one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import eval.planted
from eval import scoring
from eval.aloe import _alone, aloe, options_of
from eval.cast import weights
from pipelines.errors import UserError
from pipelines.prompts import prompt_hashes
from tests.eval.players import command, persona, scripted, write_rows

Runs = Callable[..., tuple[int, int]]
PLANTED = 60


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "personas.jsonl", [persona(0), persona(1)])


@pytest.fixture
def runs(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Runs the command in full; how many replies were made, and scored of the planted set."""

    def run(*options: str) -> tuple[int, int]:
        code, heard = command(monkeypatch, tmp_path, scripted(), *options)
        assert code == 0
        replies = len(heard.of("assistant"))
        return replies, len(heard.of("judge", "criteria")) - replies

    return run


def change(prompt: str, patch: pytest.MonkeyPatch) -> None:
    def changed(names: list[str]) -> dict[str, str]:
        return {name: "0" * 12 if name == prompt else known for name, known in prompt_hashes(names).items()}

    patch.setattr(scoring, "prompt_hashes", changed)


def trained(folder: Path, text: str, at: float = 1e9) -> Path:
    """A folder of local weights."""
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_text(text)
    os.utime(folder / "model.safetensors", (at, at))
    return folder


# The versions of the tasks


def test_the_same_personas_and_prompts_are_the_same_version(data: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "copy.jsonl"
    elsewhere.write_bytes(data.read_bytes())
    versions = {aloe(data=str(path), protocol=how).version for path in (data, elsewhere) for how in ("paper", "plus")}
    assert len(versions) == 1
    assert eval.planted.planted().version == eval.planted.planted("paper").version


@pytest.mark.parametrize("part", ["profile", "personality", "facts", "traits"])
def test_other_personas_in_the_same_file_are_another_version(data: Path, part: str) -> None:
    before = aloe(data=str(data)).version
    row = persona(1)
    other = {part: ["Is 99.", *row[part][1:]] if isinstance(row[part], list) else "Is 99."}
    write_rows(data, [persona(0), row | other])
    assert aloe(data=str(data)).version != before


def test_other_replies_are_another_version_of_the_planted_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = eval.planted.planted().version
    changed = tmp_path / "planted.jsonl"
    changed.write_bytes(eval.planted.PLANTED.read_bytes().replace(b'"perfect": "', b'"perfect": "Well. ', 1))
    monkeypatch.setattr(eval.planted, "PLANTED", changed)
    assert eval.planted.planted().version != before


@pytest.mark.parametrize(
    "prompt", ["user", "inducer", "statements", "rate", "criteria", "character", "infer", "noted", "informed"]
)
def test_another_prompt_is_another_version_of_both(data: Path, prompt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = aloe(data=str(data)).version, eval.planted.planted().version
    change(prompt, monkeypatch)
    after = aloe(data=str(data)).version, eval.planted.planted().version
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False]


def test_local_weights_trained_anew_are_another_model(tmp_path: Path) -> None:
    def told(folder: Path) -> list[str]:
        return weights(options_of(["-M", "device=cpu", "-M", f"model-path={folder}"]))

    first = told(trained(tmp_path / "dpo", "one"))
    assert len(first) == 1
    (tmp_path / "dpo" / "README.md").write_text("what is no weight does not count")
    assert told(tmp_path / "dpo") == first
    newer, larger = told(trained(tmp_path / "dpo", "one", at=2e9)), told(trained(tmp_path / "dpo", "more"))
    assert len({*first, *newer, *larger}) == 3
    assert told(trained(tmp_path / "dpo", "one")) == first


@pytest.mark.parametrize("options", [[], ["-M", "batch=8"], ["-M", "model_path=some/name-on-the-hub"]])
def test_a_model_of_no_folder_here_has_no_weights_to_tell_apart(options: list[str]) -> None:
    assert weights(options_of(options)) == []


# What the command makes of them


def test_the_same_command_again_does_nothing_and_says_so(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("--name", "sft, seed 0") == (2, PLANTED)
    capsys.readouterr()
    assert runs("--name", "sft, seed 0") == (0, 0)
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("nothing to do: complete since 20") == 2  # the benchmark and the planted set
    assert "called" not in said
    assert runs("--name", "sft, first try") == (0, 0)  # a name is none of what is run
    assert "called 'sft, seed 0'" in " ".join(capsys.readouterr().out.split())


def test_what_is_another_run_is_played_anew(
    runs: Runs, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = ["-M", f"model_path={trained(tmp_path / 'dpo', 'one')}"]
    assert runs(*local) == (2, PLANTED)
    trained(tmp_path / "dpo", "two", at=2e9)
    assert runs(*local) == (2, 0)  # the judge is who it was
    write_rows(data, [persona(0), persona(2)])
    assert runs(*local) == (2, 0)
    change("criteria", monkeypatch)
    assert runs(*local) == (2, PLANTED)
    assert runs(*local) == (0, 0)


def test_a_run_is_alone_with_its_logs_and_others_are_not_kept_out(tmp_path: Path) -> None:
    def options(*more: str) -> list[str]:
        return ["--log-dir", str(tmp_path / "logs"), *more]

    with _alone(options_of(options())):
        for _ in range(2):  # the one that is refused leaves the lock to its owner
            with pytest.raises(UserError, match=r"another run is at work on this in .*logs: wait for it, or choose"):
                _alone(options_of(options())).__enter__()
        for other in (["--baseline", "infer"], ["--model", "a/b"], ["--seed", "1"]):
            with _alone(options_of(options(*other))):
                pass
    with _alone(options_of(options())):
        pass
    assert list((tmp_path / "logs").iterdir()) == []


def test_a_judge_that_nobody_can_read_ends_the_command_before_the_first_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The planted set shows it for the price of 60 replies."""
    write_rows(tmp_path / "personas.jsonl", [persona(0)])
    code, heard = command(monkeypatch, tmp_path, scripted(judge=lambda *_: "?"))
    assert code == 1
    assert not heard.of("user")
    said = " ".join(capsys.readouterr().out.split())
    assert "60 replies are unscored" in said
    assert "not one reply could be scored" in said
