"""Seeds come back from a dataset, as a folder or on the Hub, and one that can't be read is told within seconds."""

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.seeds.reader import Seed, read_seeds
from tests.pipelines.test_seeds import error_of, texts, written

Tables = dict[str, dict[str, Any]]  # {"config/split": {column: values}}
Writer = Callable[[Tables], str]


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Writes a dataset folder and returns its path."""
    import datasets
    import pyarrow as pa
    from pyarrow import parquet

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")

    def write(tables: Tables) -> str:
        folder = tmp_path / "org" / "name"
        card = "---\nconfigs:\n"
        for config in dict.fromkeys(name.split("/")[0] for name in tables):
            (folder / config).mkdir(parents=True)
            card += f"- config_name: {config}\n  data_files:\n"
            for split in [name.split("/")[1] for name in tables if name.startswith(f"{config}/")]:
                parquet.write_table(pa.table(tables[f"{config}/{split}"]), folder / config / f"{split}.parquet")
                card += f"  - split: {split}\n    path: {config}/{split}.parquet\n"
        (folder / "README.md").write_text(card + "---\n")
        return str(folder)

    return write


ODD = ["Sews.", "a\u2028b\n\tc", "\ufeffÅse \U0001faa1", " spaced ", '"quoted""twice"']


def test_any_texts_come_back_from_a_dataset(dataset: Writer) -> None:
    seeds = read_seeds(dataset({"default/train": {"text": ODD, "label": [1] * 5}}), "personality")
    assert texts(seeds) == ODD
    assert [seed.source for seed in seeds] == [f"dataset name:train:{index}" for index in range(5)]
    assert all(seed.statements == [] for seed in seeds)


def test_a_release_gives_the_config_of_the_kind_and_its_train_split(dataset: Writer) -> None:
    """Held-out and test texts never become seeds, and personas would give each profile ten times."""
    rows = {"text": ["Sews. Bakes."], "statements": [["Sews.", "Bakes."]], "profile_id": ["p-1"]}
    other = {"text": ["Hums."], "statements": [["Hums."]], "profile_id": ["p-2"]}
    source = dataset({"personas/train": other, "profiles/heldout": other, "profiles/train": rows})
    assert read_seeds(source, "profile") == [Seed("Sews. Bakes.", ["Sews.", "Bakes."], "dataset name:train:0")]


def test_the_sole_split_and_the_sole_column_of_strings_are_taken(dataset: Writer) -> None:
    seeds = read_seeds(dataset({"default/validation": {"id": [7], "persona": ["Sews."], "tags": [["a"]]}}), "profile")
    assert seeds == [Seed("Sews.", [], "dataset name:validation:0")]


def test_a_dataset_without_a_column_of_seeds_lists_what_it_has(dataset: Writer) -> None:
    message = error_of(source := dataset({"default/train": {"title": ["a"], "body": ["b"]}}))
    assert message.startswith(f"{source}: can't tell which of its columns (title, body) holds the seeds; name one of")


def test_several_splits_without_train_are_listed(dataset: Writer) -> None:
    message = error_of(source := dataset({"default/test": {"text": ["a"]}, "default/validation": {"text": ["b"]}}))
    assert message == f"{source}: none of its splits (test, validation) is called train; rename one"


def test_several_configs_without_a_default_are_listed(dataset: Writer) -> None:
    message = error_of(dataset({"one/train": {"text": ["a"]}, "two/train": {"text": ["b"]}}))
    assert "Config name is missing" in message
    assert "['one', 'two']" in message


def test_a_row_that_is_no_text_is_named_by_split_row_and_field(dataset: Writer) -> None:
    message = error_of(source := dataset({"default/train": {"facts": [["Sews."], ["Bakes.", None]]}}))
    assert message.startswith(f"{source}:train:1: facts[1] is None, not a string")


def test_a_row_without_a_list_falls_back_on_its_text(dataset: Writer) -> None:
    columns = {"facts": [["Sews.", "Rows."], None, []], "profile": ["not used", "Bakes.", "Hums."]}
    seeds = read_seeds(dataset({"default/train": columns}), "profile")
    assert [(seed.text, seed.statements) for seed in seeds] == [
        ("Sews. Rows.", ["Sews.", "Rows."]),
        ("Bakes.", []),
        ("Hums.", []),
    ]


def test_a_dataset_without_rows_is_an_error(dataset: Writer) -> None:
    assert error_of(source := dataset({"default/train": {"text": []}})).startswith(source)


@pytest.mark.usefixtures("dataset")
def test_what_is_wrong_inside_a_folder_is_told(tmp_path: Path) -> None:
    """And not that an error occurred while generating the dataset."""
    (folder := tmp_path / "folder").mkdir()
    written(folder, "train.jsonl", '"Sews."\n')
    assert re.search(r"folder: can't be loaded as a dataset \(ArrowInvalid: JSON parse error", error_of(str(folder)))


@pytest.mark.parametrize("files", [[], ["main.py"], ["a.parquet"]])
def test_a_folder_that_is_no_dataset_is_named(tmp_path: Path, files: list[str]) -> None:
    folder = tmp_path / "folder.jsonl"
    folder.mkdir()
    for name in files:
        written(folder, name, "import os")
    assert error_of(str(folder)).startswith(f"{folder}: can't be loaded as a dataset (")


@pytest.mark.parametrize("name", ["nobody/nothing", "folder/seeds.csv"])
def test_a_hub_that_is_down_is_told_within_seconds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    start = time.monotonic()
    assert re.match(rf"{name}: can't be loaded as a dataset \(ConnectError: .*refused", error_of(name))
    assert time.monotonic() - start < 5


def test_a_hub_that_does_not_answer_is_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.seeds.reader.HUB_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        assert "can't be loaded as a dataset (ReadTimeout" in error_of("nobody/nothing")
    assert time.monotonic() - start < 5


def test_offline_mode_asks_no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """load_dataset looks into its cache then, and what isn't there is told at once."""
    for name in ["datasets.config.HF_HUB_OFFLINE", "huggingface_hub.constants.HF_HUB_OFFLINE"]:
        monkeypatch.setattr(name, True)
    assert "Couldn't reach 'nobody/nothing' on the Hub (OfflineModeIsEnabled)" in error_of("nobody/nothing")


def test_a_name_that_the_hub_does_not_allow_is_told() -> None:
    assert "HFValidationError" in error_of("no--body/nothing")
