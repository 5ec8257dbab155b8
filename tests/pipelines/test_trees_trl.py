"""TRL trains on a release of trees by the command lines that its card gives, and on every row of it."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from pipelines.records import read_release
from pipelines.schema import KtoRow, Message, PreferenceRow, SftRow
from tests.pipelines import test_trees
from tests.pipelines.stage import REPO, Stage
from tests.pipelines.tiny_model import AROUND
from tests.training.trl import Trained, train

pytestmark = pytest.mark.slow

TURNS = 10
DEFAULT = 1024  # TRL's --max_length

personas = test_trees.personas


@pytest.fixture(scope="module")
def folder(personas: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds i2a/trees, of ten turns, and a chat model in `tiny`."""
    stage = Stage(tmp_path_factory.mktemp("trl"), "", ["--turns", str(TURNS), "--trees", "3"], name="trees")
    shutil.copytree(personas, stage.folder / "i2a/personas")
    stage.run(cast=False)
    places = [str(stage.folder / name) for name in ("i2a/trees", "tiny")]
    command = [sys.executable, "-m", "tests.pipelines.tiny_model", *places]
    subprocess.run(command, cwd=REPO, check=True, capture_output=True, timeout=60)
    return stage.folder


def card_lines(folder: Path) -> dict[str, list[str]]:
    """By trainer: its command line in the card, with the tiny model in place of MODEL."""
    (block,) = re.findall(r"```bash\n(.*?)```", (folder / "i2a/trees/README.md").read_text(), re.DOTALL)
    lines = [shlex.split(line) for line in block.replace("\\\n", "").splitlines()]
    return {line[1]: ["tiny" if word == "MODEL" else word for word in line] for line in lines}


def run(folder: Path, out: str, line: list[str]) -> Trained:
    """Runs the command line for one epoch."""
    more = ["--num_train_epochs", "1", "--per_device_train_batch_size", "4"]
    return train(folder, out, [*line, *more], {"HF_HOME": str(folder / "hf")})


@pytest.fixture(scope="module")
def trained(folder: Path) -> Iterator[dict[str, Future[Trained]]]:
    """The runs, two at a time, since most of their time is start-up: the card's lines, and DPO's without a length."""
    lines = card_lines(folder)
    place = lines["dpo"].index("--max_length")
    lines["default"] = lines["dpo"][:place] + lines["dpo"][place + 2 :]
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {out: pool.submit(run, folder, out, line) for out, line in lines.items()}


def count_tokens(folder: Path, *conversations: list[Message]) -> list[int]:
    words = Tokenizer.from_file(str(folder / "tiny/tokenizer.json"))
    return [sum(len(words.encode(one.content).ids) + AROUND for one in messages) for messages in conversations]


def conversations(row: PreferenceRow | SftRow | KtoRow) -> list[list[Message]]:
    replies = [row.chosen, row.rejected] if isinstance(row, PreferenceRow) else [row.completion]
    return [row.prompt + reply for reply in replies]


@pytest.mark.parametrize(
    ("trainer", "config", "record"),
    [("dpo", "preference", PreferenceRow), ("sft", "sft", SftRow), ("kto", "kto", KtoRow)],
)
def test_the_cards_command_line_trains_on_every_row_and_every_token(
    folder: Path,
    trained: dict[str, Future[Trained]],
    trainer: str,
    config: str,
    record: type[PreferenceRow | SftRow | KtoRow],
) -> None:
    command = ["trl", trainer, "--dataset_name", "i2a/trees", "--dataset_config", config]
    assert card_lines(folder)[trainer][:6] == command
    rows = read_release(folder / "i2a/trees", config, record)["train"]
    assert TURNS in {row.turn for row in rows}
    done = trained[trainer].result()
    assert done.rows == len(rows)
    assert done.tokens == sum(count_tokens(folder, *[one for row in rows for one in conversations(row)]))
    before, after = (load_file(path / "model.safetensors") for path in (folder / "tiny", done.out))
    assert before.keys() == after.keys()
    assert any(np.any(before[name] != after[name]) for name in before)


def test_trls_default_length_loses_late_turns_which_is_why_the_card_gives_one(
    folder: Path, trained: dict[str, Future[Trained]]
) -> None:
    rows = read_release(folder / "i2a/trees", "preference", PreferenceRow)["train"]
    lengths = count_tokens(folder, *[row.prompt for row in rows])
    lost = [row.turn for row, length in zip(rows, lengths, strict=True) if length >= DEFAULT - 1]  # <assistant> ends it
    assert min(lost) > TURNS / 2
    assert trained["default"].result().rows == len(rows) - len(lost)
