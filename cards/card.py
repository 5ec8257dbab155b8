"""The card of a release: its README.md, a YAML header for the Hub and a page for the reader.

The header is generated from what was written of the rows; the page comes from `cards/templates/NAME.md.jinja2`, which
documents the facts that it needs. Whatever a row or a name holds, the page keeps its shape: texts from outside pass
through `cell` in a table and through a fence anywhere else.
"""

import html
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jinja2

from cards.data import Written

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_TEXT = 300  # characters of one text in a card
LONGEST_LIST = 12  # items of one list in a card
LONGEST_RECORDS = 3  # likewise, where each item is a record of many lines

# The Hub's vocabulary, one word for each number of digits from three on.
_SIZES = (
    *("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"),
    *("100M<n<1B", "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T"),
)

# Characters that don't print but reorder, hide or break what stands around them: controls, bidirectional overrides,
# zero-width characters, line and paragraph separators.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


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
        longest = LONGEST_RECORDS if value and isinstance(value[0], Mapping) else LONGEST_LIST
        more = [f"… and {len(value) - longest} more"] if len(value) > longest else []
        return [_shortened(item) for item in value[:longest]] + more
    return value


def render(repo_id: str, configs: Sequence[Written], template: str, facts: Mapping[str, Any]) -> str:
    """The text of README.md.

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
    environment.filters["quoted"] = shlex.quote
    page = environment.get_template(f"{template}.md.jinja2").render(
        **facts, repo_id=repo_id, configs=[_described(config) for config in configs]
    )
    page = re.sub(r"\n{3,}", "\n\n", page)  # the templates' blocks leave blank lines
    return f"---\n{_header(configs, facts)}\n---\n\n{page.strip()}\n"


def _type_name(kind: "pa.DataType") -> str:
    """Arrow's name of a type, with the widths that it leaves out: `list<float32>`, not `list<item: float>`."""
    widths = {"float": "float32", "double": "float64"}
    return re.sub(r"\b(float|double)\b", lambda found: widths[found[0]], str(kind).replace("item: ", ""))


def _described(written: Written) -> dict[str, object]:
    """What a template sees of a config."""
    config = written.config
    firsts = [split.first for split in written.filled().values() if split.first is not None]
    return {
        "name": config.name,
        "default": config.default,
        "splits": [{"name": name, "rows": split.rows} for name, split in written.splits.items()],
        "rows": written.rows,
        "fields": [
            {"name": field.name, "type": _type_name(field.type), "meaning": config.fields[field.name]}
            for field in config.schema
        ],
        "example": fenced(as_json(firsts[0]), "json") if firsts else "",
    }


def _header(configs: Sequence[Written], facts: Mapping[str, Any]) -> str:
    """The YAML of the card. `dataset_info` is binding for load_dataset."""
    from datasets import DatasetInfo, Features
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    entries: list[dict[str, object]] = []
    infos = DatasetInfosDict()
    for config, splits in ((written.config, written.filled()) for written in configs if written.rows):
        infos[config.name] = DatasetInfo(
            config_name=config.name,
            features=Features.from_arrow_schema(config.schema),
            splits=[
                {"name": name, "num_bytes": split.num_bytes, "num_examples": split.rows}
                for name, split in splits.items()
            ],
            download_size=sum(split.file_bytes for split in splits.values()),
            dataset_size=sum(split.num_bytes for split in splits.values()),
        )
        entries.append(
            {
                "config_name": config.name,
                **({"default": True} if config.default else {}),
                "data_files": [{"split": name, "path": f"{config.name}/{name}-*.parquet"} for name in splits],
            }
        )
    data = DatasetCardData(
        language=["en"],
        license=facts["license"],
        pretty_name=facts["pretty_name"],
        task_categories=["text-generation"],
        size_categories=[size_category(sum(written.rows for written in configs if written.config.default))],
        annotations_creators=["machine-generated"],
        tags=list(facts["tags"]),
        configs=entries,
    )
    infos.to_dataset_card_data(data)
    return data.to_yaml()
