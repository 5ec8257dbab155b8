"""Records as data: a dataclass of `schema.py` to its Arrow schema, its rows to tables, and rows of files back.

>>> from pipelines.schema import TextRow
>>> documentation(TextRow)["origin"], arrow_schema(TextRow).field("round").type
('seed or generated', DataType(int32))

Annotations map to Arrow as `str` string, `int` int32, `float` float32, `bool` bool, `list[T]` list<T>, a record
struct; `| None` adds nothing, every column may be null there.
"""

import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, asdict, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    import pyarrow as pa


class SchemaError(ValueError):
    """A row that is not of the schema: says which file, row and field, and what was expected."""


class Record(Protocol):
    """Any dataclass of `schema.py`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)

_FILES = "*-of-*.parquet"  # of a split, behind its name
_ROWS = 200  # read at once


def doc(meaning: str, default: Any = MISSING) -> Any:  # noqa: ANN401 - stands where a field of any type is declared
    """A column and its meaning, as the card shows it; with `default=None` it may be left out."""
    return field(default=default, metadata={"doc": meaning})


def documentation(record: type[Record]) -> dict[str, str]:
    """Column -> meaning, in the order of the columns."""
    return {column.name: column.metadata["doc"] for column in fields(record)}


def arrow_schema(record: type[Record]) -> "pa.Schema":
    """The Arrow schema of a record, plain types only, so that any reader of Parquet understands it."""
    import pyarrow as pa

    plain = {str: pa.string(), int: pa.int32(), float: pa.float32(), bool: pa.bool_()}

    def arrow(annotation: Any) -> pa.DataType:  # noqa: ANN401 - a type annotation has no narrower type
        kind = _without_none(annotation)
        if is_dataclass(kind):
            return pa.struct([(name, arrow(hint)) for name, hint in _hints(cast("type[Record]", kind)).items()])
        return plain[kind] if kind in plain else pa.list_(arrow(get_args(kind)[0]))

    return pa.schema([(name, arrow(hint)) for name, hint in _hints(record).items()])


def to_table(record: type[Record], rows: Iterable[Record]) -> "pa.Table":
    """Rows of one record as an Arrow table, in the given order."""
    import pyarrow as pa

    return pa.Table.from_pylist([asdict(row) for row in rows], schema=arrow_schema(record))


def from_row(record: type[R], row: Mapping[str, Any], where: str) -> R:
    """One row of a file or dataset as a record; columns that the record does not know are ignored.

    Raises:
        SchemaError: a column is missing or of the wrong type; `where` ("personas.parquet, row 7") is named.
    """
    values = {}
    for name, hint in _hints(record).items():
        if name not in row:
            raise SchemaError(f"{where}: the column `{name}` is missing; there are: {', '.join(row) or 'none'}")
        if not _fits(row[name], hint):
            raise SchemaError(f"{where}: `{name}` is {_shown(row[name])}, expected {_named(hint)}")
        values[name] = _value(row[name], hint, f"{where}, {name}")
    return record(**values)


def read_release(folder: Path, config: str, record: type[R]) -> dict[str, list[R]]:
    """Split -> rows of one config of a local release.

    Raises:
        SchemaError: the config is not there or cannot be read, or a row is not of the schema.
    """
    splits = sorted({path.name.split("-")[0] for path in (folder / config).glob(f"*-{_FILES}")})
    if not splits:
        raise SchemaError(f"{folder} holds no config `{config}`")
    return {split: list(stream_release(folder, config, split, record)) for split in splits}


def stream_release(folder: Path, config: str, split: str, record: type[R]) -> Iterator[R]:
    """The rows of one split, a few hundred in memory at once; raises as `read_release`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in sorted((folder / config).glob(f"{split}-{_FILES}")):
        try:
            batches = pq.ParquetFile(path).iter_batches(batch_size=_ROWS)
            rows = enumerate(row for batch in batches for row in batch.to_pylist())
            yield from (from_row(record, row, f"{path}, row {n}") for n, row in rows)
        except (OSError, pa.ArrowException) as error:
            raise SchemaError(f"{path} cannot be read: {error}") from error


def column_of_release(folder: Path, config: str, split: str, column: str) -> list[Any]:
    """One column of a split, of which nothing else is read."""
    import pyarrow.parquet as pq

    files = sorted((folder / config).glob(f"{split}-{_FILES}"))
    return [value for path in files for value in pq.read_table(path, columns=[column])[column].to_pylist()]


def local_release(source: str) -> Path:
    """The folder of a dataset: `source` itself if it is one, else what is fetched of that name from the Hub; a version
    of it as `org/name@v1.0.0`.

    Raises:
        SchemaError: there is no such folder, and the Hub has no such dataset or can't be reached.
    """
    folder = Path(source)
    if source and folder.exists():
        return folder
    if not (named := re.fullmatch(r"([\w.-]+/[\w.-]+)(?:@([\w./+-]+))?", source)):
        raise SchemaError(f"{source}: no such folder, and no org/name of a dataset on the Hub")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    name, revision = named.groups()
    try:
        return Path(
            snapshot_download(
                name, repo_type="dataset", revision=revision, allow_patterns=["*/*.parquet", "manifest.json"]
            )
        )
    except RepositoryNotFoundError as error:
        raise SchemaError(
            f"{name}: no such folder here, and no dataset of that name on the Hub that your token can see"
        ) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        why = " ".join(str(error).split())[:200]
        raise SchemaError(f"{source}: no such folder here, and the Hub does not give it either: {why}") from error


@cache
def _hints(record: type[Record]) -> dict[str, Any]:
    """Column -> annotation, in the order of the columns."""
    hints = get_type_hints(record)
    return {column.name: hints[column.name] for column in fields(record)}


def _value(value: Any, annotation: Any, where: str) -> Any:  # noqa: ANN401 - any value of a row
    """The value, with records instead of the mappings in it."""
    kind = _without_none(annotation)
    if value is None:
        return None
    if is_dataclass(kind):
        return from_row(cast("type[Record]", kind), value, where)
    if get_origin(kind) is list and is_dataclass(inner := get_args(kind)[0]):
        return [from_row(cast("type[Record]", inner), item, f"{where}[{n}]") for n, item in enumerate(value)]
    return value


def _without_none(annotation: Any) -> Any:  # noqa: ANN401 - type annotations in and out
    if get_origin(annotation) in (Union, types.UnionType):
        return next(option for option in get_args(annotation) if option is not type(None))
    return annotation


def _fits(value: object, annotation: Any) -> bool:  # noqa: ANN401 - a type annotation
    if value is None:
        return type(None) in get_args(annotation)
    plain = _without_none(annotation)
    if is_dataclass(plain):
        return isinstance(value, Mapping)
    if get_origin(plain) is list:
        return isinstance(value, list) and all(_fits(item, get_args(plain)[0]) for item in value)
    if plain is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is plain


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _named(annotation: Any) -> str:  # noqa: ANN401 - a type annotation
    plain = _without_none(annotation)
    return plain.__name__ if isinstance(plain, type) and not get_args(plain) else str(plain)
