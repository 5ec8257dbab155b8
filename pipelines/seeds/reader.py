"""The seeds that `--profile-seeds` and `--personality-seeds` name, and the twenty of each that ship with the project.

read_seeds("mine.jsonl", "profile")[0]
Seed(text="Is 44. Keeps hens.", statements=["Is 44.", "Keeps hens."], source="mine.jsonl:1")
"""

import json
import logging
import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["profile", "personality"]

SEED_FILES: dict[Kind, Path] = {
    "profile": Path(__file__).with_name("profiles.jsonl"),
    "personality": Path(__file__).with_name("personalities.jsonl"),
}

# What may hold a seed in an object or a dataset's row: the first field that is filled, so a list goes before a text.
FIELDS: dict[Kind, tuple[str, ...]] = {
    "profile": ("facts", "statements", "profile", "text"),
    "personality": ("traits", "statements", "personality", "text"),
}
CONFIGS: dict[Kind, str] = {"profile": "profiles", "personality": "personalities"}

MAX_CHARACTERS = 20_000  # of a text; a long profile has about 1,000
MAX_FILE_BYTES = 64 * 2**20  # a file is read whole, and nobody has so many seeds
HUB_TIMEOUT = 10.0  # seconds

LOGGER = logging.getLogger(__name__)
DECODER = json.JSONDecoder()
NO_JSON_SPACE = re.compile(r"[^ \t\r\n]")
LINE_END = re.compile(r"\r\n?|\n")  # not str.splitlines, which would cut a text at U+2028
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
# control characters except tab and line ends, and surrogates without their other half
UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class SeedError(ValueError):
    """Seeds that can't be read. Its one line says what is wrong, in which file, line and field, and what to do."""


@dataclass(frozen=True)
class Seed:
    """One profile or personality that a user gave."""

    text: str  # where there are statements, these joined by a space
    statements: list[str]  # empty where the text came without a list
    source: str  # "mine.jsonl:12", "mine.jsonl:6#2" (second of its line), "mine.json#4", "dataset org/name:train:7"


def read_seeds(source: str, kind: Kind) -> list[Seed]:
    """All seeds of a file or a dataset, in its order, duplicates included.

    Args:
        source: A `.jsonl` file (a line holds a string, an array of statements, or an object with either in one of
            `FIELDS`), a `.json` file (an array of the same), a `.txt` file (a text a line), or a dataset: a folder, or
            org/name on the Hub. Of a dataset the config `profiles` or `personalities` is read, or else the default;
            the split `train`, or else the sole one; the columns among `FIELDS`, or else the sole column of strings.
            Lines and items are counted from 1, rows from 0, as in `dataset[7]`.
        kind: Which fields and which config to look for.

    Raises:
        SeedError: Nothing is there, it can't be read, or one of the seeds is no text.
    """
    path = Path(source)
    seeds: list[Seed] = []
    try:
        name = path.absolute().name if path.exists() else source
        label = name if path.is_file() else f"dataset {name}"
        for place, value in _records(source, kind):
            try:
                seeds.append(_seed(value, kind, f"{label}{place}"))
            except SeedError as error:
                raise SeedError(f"{source}{place}: {error}") from None
    except OSError as error:
        raise SeedError(
            f"{source}: can't be read ({error.strerror or error}); check the path and its permissions"
        ) from error
    if not seeds:
        raise SeedError(f"{source}: no seeds in it; give at least one {kind}")
    return seeds


def _records(source: str, kind: Kind) -> Iterator[tuple[str, object]]:
    """Each raw seed with its place in the source, as (":6#2", "Is 44. ...") or (":train:7", {"text": ...})."""
    path = Path(source)
    readers = {".jsonl": _jsonl_records, ".json": _json_records, ".txt": _txt_records}
    suffix = path.suffix.lower()
    on_hub = not path.exists() and suffix not in readers and HUB_ID.fullmatch(source)
    if not source or not (path.exists() or on_hub):
        raise SeedError(f"{source or 'an empty name'}: no such file or folder; give one, or org/name of a Hub dataset")
    if on_hub or path.is_dir():
        return _dataset_records(source, kind)
    if suffix not in readers:
        raise SeedError(f"{source}: unknown extension {suffix!r}; seeds come from {', '.join(readers)} or a dataset")
    return readers[suffix](path)


def _read_text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise SeedError(f"{path}: {size:,} bytes, more than {MAX_FILE_BYTES:,}; give a smaller file or a dataset")
    data = path.read_bytes()
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        at = error.start
        line = data.count(b"\n", 0, at) + 1
        message = f"{path}:{line}: byte 0x{data[at]:02x} at offset {at} is not UTF-8; save the file as UTF-8"
        raise SeedError(f"{message}, for example with iconv -f <its encoding> -t UTF-8") from None


def _txt_records(path: Path) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(LINE_END.split(_read_text(path)), 1):
        if line.strip():
            yield f":{number}", line


def _jsonl_records(path: Path) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(LINE_END.split(_read_text(path)), 1):
        values = _json_values(line, path, number)
        if len(values) > 1:
            LOGGER.warning("%s:%d holds %d JSON values where one is expected; all are read", path, number, len(values))
        for count, value in enumerate(values, 1):
            yield f":{number}" if count == 1 else f":{number}#{count}", value


def _json_records(path: Path) -> Iterator[tuple[str, object]]:
    values = _json_values(_read_text(path), path, 1)
    for array in values:
        if len(values) > 1 or not isinstance(array, list):
            found = f"{len(values)} JSON values" if len(values) > 1 else _brief(array)
            raise SeedError(f"{path}: holds {found}, not one array; make it one, or a .jsonl with a seed a line")
        for number, item in enumerate(array, 1):
            yield f"#{number}", item


def _json_values(text: str, path: Path, line: int) -> list[object]:
    """The JSON values in a text that begins at that line of the file: one, or several with nothing between them."""
    values: list[object] = []
    end = 0
    try:
        while start := NO_JSON_SPACE.search(text, end):
            value, end = DECODER.raw_decode(text, start.start())
            values.append(value)
    except json.JSONDecodeError as error:
        place = f"{path}:{line + error.lineno - 1}:{error.colno}"
        raise SeedError(f"{place}: broken JSON ({error.msg}); write strings, arrays or objects") from None
    except (RecursionError, ValueError) as error:  # nested thousands deep; a number of thousands of digits
        raise SeedError(f"{path}:{line}: unreadable JSON ({error}); write strings, arrays or objects") from None
    return values


def _dataset_records(source: str, kind: Kind) -> Iterator[tuple[str, object]]:
    import datasets
    import huggingface_hub

    config = CONFIGS[kind]
    try:
        if not Path(source).exists() and not datasets.config.HF_HUB_OFFLINE:
            # says at once that the Hub is out of reach or has no such dataset; load_dataset tries again for 23 s
            huggingface_hub.HfApi().dataset_info(source, timeout=HUB_TIMEOUT)
        configs = datasets.get_dataset_config_names(source)
        splits = datasets.load_dataset(source, config if config in configs else None)
    except Exception as error:
        # that class says but "an error occurred while generating the dataset"
        cause = error.__cause__ if isinstance(error, datasets.exceptions.DatasetGenerationError) else error
        reason = " ".join(f"{type(cause).__name__}: {cause}".split())[:300]
        remedy = "check its name, or give a .jsonl, .json or .txt file"
        raise SeedError(f"{source}: can't be loaded as a dataset ({reason}); {remedy}") from error

    split = "train" if "train" in splits else next(iter(splits))
    if split != "train" and len(splits) > 1:
        raise SeedError(f"{source}: none of its splits ({', '.join(splits)}) is called train; rename one")
    rows = splits[split]
    string_types = (datasets.Value("string"), datasets.Value("large_string"))
    strings = [name for name, feature in rows.features.items() if feature in string_types]
    named = [name for name in FIELDS[kind] if name in rows.column_names]
    if not named and len(strings) != 1:
        columns = ", ".join(rows.column_names)
        remedy = f"name one of them {' or '.join(FIELDS[kind])}"
        raise SeedError(f"{source}: can't tell which of its columns ({columns}) holds the seeds; {remedy}")
    for index, row in enumerate(rows.select_columns(named or strings)):
        yield f":{split}:{index}", row if named else row[strings[0]]


def _seed(value: object, kind: Kind, source: str) -> Seed:
    """Raises: SeedError without the place, which the caller knows as the user wrote it."""
    field, content = _filled_field(value, kind)
    if isinstance(content, list) and content:
        statements = [_checked(item, f"{field}[{index}]") for index, item in enumerate(content)]
        text = " ".join(statements)
    else:
        statements = []
        text = _checked(content, field)
    if len(text) > MAX_CHARACTERS:
        raise SeedError(f"{field} has {len(text):,} characters, more than {MAX_CHARACTERS:,}; a seed is one person")
    return Seed(text, statements, source)


def _filled_field(value: object, kind: Kind) -> tuple[str, object]:
    """What holds the seed, and the name that an error calls it by."""
    if not isinstance(value, dict):
        return ("statements" if isinstance(value, list) else "text"), value
    for field in FIELDS[kind]:
        if value.get(field) not in (None, []):
            return field, value[field]
    raise SeedError(f"none of {', '.join(FIELDS[kind])} is filled; the object has {_brief(list(value))}")


def _checked(value: object, field: str) -> str:
    if value == [] or (isinstance(value, str) and not value.strip()):
        raise SeedError(f"{field} is empty; fill it or take it out")
    if not isinstance(value, str):
        raise SeedError(f"{field} is {_brief(value)}, not a string; write it as one")
    if found := UNWANTED.search(value):
        what = "lone surrogate" if found[0] >= "\ud800" else "control character"
        raise SeedError(f"{field} holds the {what} U+{ord(found[0]):04X} as character {found.start() + 1}; take it out")
    return value


def _brief(value: object) -> str:
    return reprlib.repr(value)[:60]
