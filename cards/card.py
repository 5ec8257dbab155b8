"""The card of a release: its README.md, a YAML header for the Hub and a page for the reader.

The header is generated from the files of the release; the page comes from `cards/templates/NAME.md.jinja2`, which
documents the facts that it needs. Whatever a row or a name holds, the page keeps its shape: texts from outside pass
through `cell` in a table and through a fence anywhere else.
"""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_TEXT = 300  # characters of one text in a card
LONGEST_LIST = 12  # items of one list in a card

# The Hub's vocabulary, one word for each number of digits from three on.
_SIZES = (
    *("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"),
    *("100M<n<1B", "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T"),
)

# Characters that don't print but reorder, hide or break what stands around them: controls, bidirectional overrides,
# zero-width characters, line and paragraph separators.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@dataclass(frozen=True)
class Config:
    """One config of a dataset, as `load_dataset(repo_id, name)` gives it.

    Example: `Config("profiles", {"train": table, "test": table}, {"profile_id": "its id", "profile": "its text"})`.
    """

    name: str
    splits: Mapping[str, "pa.Table"]  # split -> its rows; all splits have the same columns
    fields: Mapping[str, str]  # column -> what it means, in plain text; every column, in the order of the table
    default: bool = False  # what load_dataset(repo_id) gives; exactly one config of a release

    def __post_init__(self) -> None:
        for split, table in self.splits.items():
            if table.column_names != list(self.fields):
                raise ValueError(
                    f"config {self.name!r}: split {split!r} has the columns {table.column_names}, "
                    f"its fields describe {list(self.fields)}. Describe every column, in the table's order"
                )

    def filled(self) -> dict[str, "pa.Table"]:
        """The splits that have rows: load_dataset can't read an empty one, and with it fails on the whole config."""
        return {split: table for split, table in self.splits.items() if table.num_rows}

    @property
    def schema(self) -> "pa.Schema":
        """Columns and types, without metadata: pandas and datasets leave theirs in a schema."""
        return next(iter(self.splits.values())).schema.remove_metadata()


def data_file(config: str, split: str) -> str:
    """Where the rows of a split stand in a release."""
    return f"{config}/{split}-00000-of-00001.parquet"


def size_category(rows: int) -> str:
    """The Hub's word for a number of rows."""
    return _SIZES[min(max(len(str(rows)) - 3, 0), len(_SIZES) - 1)]


def cell(text: object) -> str:
    """Any text as one cell of a Markdown table: on one line, shortened, and shown instead of interpreted."""
    flat = _UNSEEN.sub("", " ".join(str(text).split()))
    flat = flat if len(flat) <= LONGEST_TEXT else flat[: LONGEST_TEXT - 1] + "…"
    return re.sub(r"([`*_\[\]|~$#])", r"\\\1", html.escape(flat, quote=False).replace("\\", "&bsol;"))


def fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks in the text."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def as_json(row: Mapping[str, object]) -> str:
    """A row as JSON for people: indented, long texts and lists cut, what doesn't print escaped."""
    text = json.dumps(_shortened(row), indent=2, ensure_ascii=False, default=str)
    # A newline is the one control that json.dumps itself writes, and none stands inside a string.
    return _UNSEEN.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def _shortened(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return value[: LONGEST_TEXT - 1] + "…"
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        more = [f"… and {len(value) - LONGEST_LIST} more"] if len(value) > LONGEST_LIST else []
        return [_shortened(item) for item in value[:LONGEST_LIST]] + more
    return value


def render(folder: Path, repo_id: str, configs: Sequence[Config], template: str, facts: Mapping[str, Any]) -> str:
    """The text of README.md for the Parquet files in `folder`.

    Every template needs the facts `license` (an id of the Hub's list), `pretty_name` and `tags`; its own ones stand at
    its top.

    Raises:
        jinja2.UndefinedError: the template needs a fact that is not in `facts`.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cards"),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(),  # for HTML alone: a card is Markdown, and `cell` escapes that
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = cell
    page = environment.get_template(f"{template}.md.jinja2").render(
        **facts, repo_id=repo_id, configs=[_described(config) for config in configs]
    )
    page = re.sub(r"\n{3,}", "\n\n", page)  # the templates' blocks leave blank lines
    return f"---\n{_header(folder, configs, facts)}\n---\n\n{page.strip()}\n"


def _type_name(kind: "pa.DataType") -> str:
    """Arrow's name of a type, with the widths that it leaves out: `list<float32>`, not `list<item: float>`."""
    widths = {"float": "float32", "double": "float64"}
    return re.sub(r"\b(float|double)\b", lambda found: widths[found[0]], str(kind).replace("item: ", ""))


def _described(config: Config) -> dict[str, object]:
    """What a template sees of a config."""
    filled = config.filled()
    return {
        "name": config.name,
        "default": config.default,
        "splits": [{"name": split, "rows": table.num_rows} for split, table in config.splits.items()],
        "rows": sum(table.num_rows for table in filled.values()),
        "fields": [
            {"name": field.name, "type": _type_name(field.type), "meaning": config.fields[field.name]}
            for field in config.schema
        ],
        "example": fenced(as_json(next(iter(filled.values())).slice(0, 1).to_pylist()[0]), "json") if filled else "",
    }


def _header(folder: Path, configs: Sequence[Config], facts: Mapping[str, Any]) -> str:
    """The YAML of the card. `dataset_info` is binding for load_dataset, so all of it is read from the files."""
    import pyarrow.parquet as pq
    from datasets import DatasetInfo, Features
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    entries: list[dict[str, object]] = []
    infos = DatasetInfosDict()
    default_rows = 0
    for config in configs:
        tables = {split: pq.read_table(folder / data_file(config.name, split)) for split in config.filled()}
        if not tables:
            continue
        default_rows += sum(table.num_rows for table in tables.values()) if config.default else 0
        infos[config.name] = DatasetInfo(
            config_name=config.name,
            features=Features.from_arrow_schema(config.schema),
            splits=[
                {"name": split, "num_bytes": table.nbytes, "num_examples": table.num_rows}
                for split, table in tables.items()
            ],
            download_size=sum((folder / data_file(config.name, split)).stat().st_size for split in tables),
            dataset_size=sum(table.nbytes for table in tables.values()),
        )
        entries.append(
            {
                "config_name": config.name,
                **({"default": True} if config.default else {}),
                "data_files": [{"split": split, "path": f"{config.name}/{split}-*.parquet"} for split in tables],
            }
        )
    data = DatasetCardData(
        language=["en"],
        license=facts["license"],
        pretty_name=facts["pretty_name"],
        task_categories=["text-generation"],
        size_categories=[size_category(default_rows)],
        annotations_creators=["machine-generated"],
        tags=list(facts["tags"]),
        configs=entries,
    )
    infos.to_dataset_card_data(data)
    return data.to_yaml()
