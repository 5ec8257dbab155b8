"""The rows that are trained on: loaded, checked, filtered and counted; and which version of the dataset they are."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.options import DataOptions, Options, UserError, first_line

COLUMNS = {"sft": ("prompt", "completion"), "preference": ("prompt", "chosen", "rejected")}
"""What a config of `i2a/trees` holds for its trainer, as message lists."""


@dataclass(frozen=True)
class Data:
    """Both splits, and how many training rows the options left out."""

    train: Any  # datasets.Dataset
    test: Any
    left_out: int
    version: str  # "commit 3f2a..." on the Hub, "manifest 9c1d..." of a folder, "" where neither is known
    rehearsal: bool  # made by the rehearsal's rules


def load(options: Options, config: str) -> Data:
    """Loads what `--dataset_name` and `--dataset_config` name; `config` is the one of i2a/trees that fits.

    Raises:
        UserError: no such dataset, config or split, an empty split, other columns, or no row is left.
    """
    import datasets

    script = options.script
    name = f"--dataset_name {script.dataset_name}"
    if "@" in script.dataset_name and not Path(script.dataset_name).exists():
        raise UserError(
            f"{name}: a name takes no revision. Fetch the one you want into a folder of its own: hf download ORG/NAME "
            "--repo-type dataset --revision v1.0.0 --local-dir ORG/NAME"
        )
    try:
        cache = _cache(script.dataset_name, datasets.config.HF_DATASETS_CACHE)
        loaded = datasets.load_dataset(script.dataset_name, name=script.dataset_config, cache_dir=cache)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        cause = error.__cause__ if isinstance(error, datasets.exceptions.DatasetGenerationError) else None
        reason = first_line(cause or error)
        here = "" if Path(script.dataset_name).exists() else "there is no such folder here, and on the Hub: "
        raise UserError(f"{name} --dataset_config {script.dataset_config}: {here}{reason}") from error
    splits = {}
    for option in ("dataset_train_split", "dataset_test_split"):
        split = getattr(script, option)
        if split not in loaded:
            raise UserError(f"--{option} {split}: {script.dataset_name} has {', '.join(loaded)}")
        splits[option] = _checked(loaded[split], f"{name}, split {split}", config)
    train = _chosen(splits["dataset_train_split"], options.data)
    return Data(
        train=train,
        test=splits["dataset_test_split"],
        left_out=len(splits["dataset_train_split"]) - len(train),
        version=version_of(script.dataset_name, loaded),
        rehearsal="rehearsal" in train.column_names and any(train["rehearsal"]),
    )


def _cache(name: str, parent: Path) -> Path | None:
    """Where a folder's rows are cached: by its files.

    `datasets` goes by the folder's name and card: rows that were made anew in place, or that lie in another folder of
    that name, would be those of the first.
    """
    folder = Path(name)
    if not folder.is_dir():
        return None
    files = ((path, path.stat()) for path in sorted(folder.rglob("*.*")))
    known = [(str(path.resolve()), stat.st_size, stat.st_mtime_ns) for path, stat in files]
    return parent / f"folder-{hashlib.sha256(repr(known).encode()).hexdigest()[:16]}"


def _checked(rows: Any, where: str, config: str) -> Any:
    wanted = COLUMNS[config]
    if missing := [column for column in wanted if column not in rows.column_names]:
        raise UserError(
            f"{where}: no column {', '.join(missing)}; it has {', '.join(rows.column_names)}. Of a dataset of trees it "
            f"is --dataset_config {config} that has {', '.join(wanted)}"
        )
    if not len(rows):
        raise UserError(f"{where}: it is empty")
    for column in wanted:
        for at, value in enumerate(rows[column]):
            if not (isinstance(value, list) and value and all(map(_is_message, value))):
                told = str(value)[:60]
                raise UserError(
                    f'{where}, row {at}: {column} is {told!r}, expected messages: [{{"role", "content"}}, ...]'
                )
    return rows


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str) and isinstance(value.get("content"), str)


def _chosen(rows: Any, options: DataOptions) -> Any:
    """The rows that --min_margin, --min_turn and --max_turn leave."""
    bounds: dict[str, tuple[float, float]] = {}
    if options.min_margin > 0:
        bounds["margin"] = (options.min_margin, float("inf"))
    if options.min_turn > 1 or options.max_turn is not None:
        bounds["turn"] = (options.min_turn, options.max_turn or float("inf"))
    for column, (least, most) in bounds.items():
        if column not in rows.column_names:
            flags = "--min_margin" if column == "margin" else "--min_turn and --max_turn"
            raise UserError(f"{flags}: this dataset has no column {column}")
        rows = rows.select(
            [at for at, value in enumerate(rows[column]) if value is not None and least <= value <= most]
        )
    if not len(rows):
        raise UserError("--min_margin, --min_turn and --max_turn leave no row to train on")
    return rows


def version_of(name: str, loaded: Any) -> str:
    """Which data it was: the commit on the Hub, or that of a download; of another folder its manifest's hash."""
    folder = Path(name)
    if folder.is_dir():
        downloaded = folder / ".cache/huggingface/download/manifest.json.metadata"  # what `hf download` leaves there
        if downloaded.exists() and (lines := downloaded.read_text().splitlines()):
            return f"commit {lines[0][:12]}"
        manifest = folder / "manifest.json"
        return f"manifest {hashlib.sha256(manifest.read_bytes()).hexdigest()[:12]}" if manifest.exists() else ""
    cached = {Path(file["filename"]).parent.name for rows in loaded.values() for file in rows.cache_files}
    commits = [name for name in cached if re.fullmatch("[0-9a-f]{40}", name)]  # `datasets` caches by commit
    return f"commit {commits[0][:12]}" if len(commits) == 1 else ""
