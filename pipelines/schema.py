"""The records that cross stages: each column, its type and its meaning, in one place.

A record is a dataclass; its Arrow schema and the card's table of fields are derived from it:

>>> documentation(TextRow)["origin"], arrow_schema(TextRow).field("round").type
('seed or generated', DataType(int32))

Annotations map to Arrow as `str` string, `int` int32, `float` float32, `bool` bool, `list[T]` list<T>; `| None` adds
nothing, every column may be null there.
"""

import hashlib
import types
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["profile", "personality"]
KINDS: tuple[Kind, Kind] = ("profile", "personality")
PLURAL: dict[Kind, str] = {"profile": "profiles", "personality": "personalities"}
SPLITS = ("train", "test", "heldout")

_ID_PREFIX = {"profile": "pr-", "personality": "pe-"}


class SchemaError(ValueError):
    """A row that is not of the schema: says which file, row and field, and what was expected."""


class Record(Protocol):
    """Any dataclass of this file."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)


def doc(meaning: str) -> Any:  # noqa: ANN401 - stands where a dataclass field of any type is declared
    """A column and its meaning, as the card shows it."""
    return field(metadata={"doc": meaning})


@dataclass(frozen=True, slots=True)
class TextRow:
    """One profile or personality of the pool: a row of the configs `profiles` and `personalities`."""

    id: str = doc("pr- (profile) or pe- (personality) and 12 hex digits of a hash of the text; stable across runs")
    text: str = doc("the statements, joined by a space")
    statements: list[str] = doc("single statements, in the order of the text")
    split: str = doc("train, test or heldout; a text stands in one split")
    origin: str = doc("seed or generated")
    round: int = doc("the round of self-generation that made it, 0 for seeds")
    nearest: float | None = doc("highest cosine to what was in the pool when it was admitted; null for the first")
    nearest_id: str | None = doc("id of that nearest text")
    model: str | None = doc("who wrote the statements; null for a seed that came with them")
    rehearsal: bool = doc("made by the rehearsal cast: rule-made, for trying the pipeline only")
    replaces: str | None = doc("id of the text that a reviewer's edit replaced")


@dataclass(frozen=True, slots=True)
class PersonaRow:
    """One persona, a profile with a personality: a row of `personas`, and of each later stage's input."""

    persona_id: str = doc("p- and 12 hex digits of a hash of both texts; stable across runs")
    profile_id: str = doc("id of the profile, as in the config profiles")
    personality_id: str = doc("id of the personality, as in the config personalities")
    profile: str = doc("everyday facts of a life, as text")
    personality: str = doc("traits, as text; no name, no gender, no facts of life")
    facts: list[str] = doc("the statements of the profile, in the order of the text")
    traits: list[str] = doc("the statements of the personality, in the order of the text")
    origin: str = doc("seed or generated; of the younger text")
    round: int = doc("round of self-generation of the younger text, 0 for seeds")
    nearest: float | None = doc("highest cosine of the profile to what was in the pool when it was admitted")
    model: str | None = doc("who wrote the younger text; null for a seed that came with its statements")
    rehearsal: bool = doc("made by the rehearsal cast: rule-made, for trying the pipeline only")


@dataclass(frozen=True, slots=True)
class AloeRow(PersonaRow):
    """A held-out persona of the benchmark with the certificate of its distance from the training split."""

    nearest_profile_id: str | None = doc("id of the training profile that is nearest to its profile")
    nearest_profile: float | None = doc("cosine of the two")
    nearest_personality_id: str | None = doc("id of the training personality that is nearest to its personality")
    nearest_personality: float | None = doc("cosine of the two")


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """What did not stay, and why: a row of `dropped` in both datasets."""

    kind: str = doc("profile, personality, persona, tree or pair")
    id: str = doc("the id it has or would have had")
    reason: str = doc("why it was dropped, as a slug")
    detail: str = doc("what exactly: the offending words, the file and line of a seed, the judge's reason")
    nearest_id: str | None = doc("for near-duplicates: id of the text that it was too near to")
    nearest: float | None = doc("the cosine of the two")
    content: str = doc("what was dropped")


def text_id(kind: Kind, text: str) -> str:
    """Id of a profile or personality: the first 12 hex digits of SHA-256 over its UTF-8 text.

    >>> text_id("profile", "Repairs bicycles in Ghent.")
    'pr-91cceec54a5b'
    """
    return _ID_PREFIX[kind] + _digest(text)


def persona_id(profile: str, personality: str) -> str:
    """Id of a pairing, from both texts.

    >>> persona_id("Repairs bicycles in Ghent.", "Asks why at least twice.")
    'p-27e83ce28972'
    """
    return "p-" + _digest(profile + "\0" + personality)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def documentation(record: type[Record]) -> dict[str, str]:
    """Column -> meaning, in the order of the columns."""
    return {column.name: column.metadata["doc"] for column in fields(record)}


def arrow_schema(record: type[Record]) -> "pa.Schema":
    """The Arrow schema of a record, plain types only, so that any reader of Parquet understands it."""
    import pyarrow as pa

    def arrow(annotation: Any) -> pa.DataType:  # noqa: ANN401 - a type annotation has no narrower type
        plain = {str: pa.string(), int: pa.int32(), float: pa.float32(), bool: pa.bool_()}
        return plain[annotation] if annotation in plain else pa.list_(arrow(get_args(annotation)[0]))

    hints = get_type_hints(record)
    return pa.schema([(column.name, arrow(_without_none(hints[column.name]))) for column in fields(record)])


def to_table(record: type[Record], rows: Iterable[Record]) -> "pa.Table":
    """Rows of one record as an Arrow table, in the given order."""
    import pyarrow as pa

    return pa.Table.from_pylist([asdict(row) for row in rows], schema=arrow_schema(record))


def from_row(record: type[R], row: Mapping[str, Any], where: str) -> R:
    """One row of a file or dataset as a record; columns that the record does not know are ignored.

    Raises:
        SchemaError: a column is missing or of the wrong type; `where` ("personas.parquet, row 7") is named.
    """
    hints = get_type_hints(record)
    for column in fields(record):
        if column.name not in row:
            raise SchemaError(f"{where}: the column `{column.name}` is missing; there are: {', '.join(row) or 'none'}")
        if not _fits(row[column.name], hints[column.name]):
            raise SchemaError(
                f"{where}: `{column.name}` is {_shown(row[column.name])}, expected {_named(hints[column.name])}"
            )
    return record(**{column.name: row[column.name] for column in fields(record)})


def read_release(folder: Path, config: str, record: type[R]) -> dict[str, list[R]]:
    """Split -> rows of one config of a local release.

    Raises:
        SchemaError: the config is not there or cannot be read, or a row is not of the schema.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    splits: dict[str, list[R]] = {}
    for path in sorted((folder / config).glob("*-*-of-*.parquet")):
        try:
            rows = pq.read_table(path).to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise SchemaError(f"{path} cannot be read: {error}") from error
        records = splits.setdefault(path.name.split("-")[0], [])
        records += [from_row(record, row, f"{path}, row {n}") for n, row in enumerate(rows)]
    if not splits:
        raise SchemaError(f"{folder} holds no config `{config}`")
    return splits


def _without_none(annotation: Any) -> Any:  # noqa: ANN401 - type annotations in and out
    if get_origin(annotation) in (Union, types.UnionType):
        return next(option for option in get_args(annotation) if option is not type(None))
    return annotation


def _fits(value: object, annotation: Any) -> bool:  # noqa: ANN401 - a type annotation
    if value is None:
        return type(None) in get_args(annotation)
    plain = _without_none(annotation)
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
