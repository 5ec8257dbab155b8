"""The process that runs trainings, and the data and the models that they start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.runs import Runs
from tests.training.tiny import write_trees


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with Runs(tmp_path_factory.mktemp("runs"), {}) as runs:
        yield runs


@pytest.fixture(scope="session")
def place(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with `i2a/trees`, and a model for each template of `tiny.MODELS` in a folder of its name."""
    folder = tmp_path_factory.mktemp("place")
    write_trees(folder / "i2a/trees")
    made = runs.probe("save_models", folder, str(folder))
    assert made.code == 0, made.err
    return folder
