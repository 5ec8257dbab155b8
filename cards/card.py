"""The card of a release: its README.md, a YAML header for the Hub and a page for the reader.

The header is generated from what was written of the rows; the page comes from `cards/templates/NAME.md.jinja2`, which
documents the facts that it needs. Whatever a row or a name holds, the page keeps its shape: texts from outside pass
through `cell` in prose and tables, through `code` in a line, and through `fenced` anywhere else.

A push knows two things that a build does not: under which name the dataset goes to the Hub, and which versions there
are. `readdressed` puts both into a card that stands.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2

from cards.data import Written
from cards.texts import as_json, cell, code, fenced, flat, quoted
from cards.vocabulary import SIZE_CATEGORIES, check_header, check_repo_id, check_revision

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_STRUCT = 4  # fields of a struct whose type is written out

# What `readdressed` finds again, each alone in its line: no text from outside can stand at the start of a line.
_VERSIONS = ("<!-- versions -->", "<!-- /versions -->")
_SECTION = re.compile(rf"^{_VERSIONS[0]}$.*?^{_VERSIONS[1]}$", re.MULTILINE | re.DOTALL)


def size_category(rows: int) -> str:
    """The Hub's word for a number of rows."""
    return SIZE_CATEGORIES[min(max(len(str(rows)) - 3, 0), len(SIZE_CATEGORIES) - 1)]


def render(repo_id: str, configs: Sequence[Written], template: str, facts: Mapping[str, Any]) -> str:
    """The text of README.md.

    Args:
        facts: Those of the template's first lines; every template needs the ones that parts.md.jinja2 lists.

    Raises:
        jinja2.UndefinedError: the template needs a fact that is not in `facts`.
        VocabularyError: a fact says something in the header that the Hub does not know.
    """
    described = [_described(config) for config in configs]
    page = _page(
        template,
        **facts,
        repo_id=repo_id,
        configs=described,
        columns=_columns(described),
        versions=versions(repo_id, []),
    )
    # A folder's name may hold bytes that are no UTF-8.
    return f"---\n{_header(configs, facts)}\n---\n\n{page}\n".encode(errors="replace").decode()


def versions(repo_id: str, changelog: Sequence[Mapping[str, Any]]) -> str:
    """The section of a card that tells its versions and how to pin one, between its markers.

    Args:
        changelog: {"version": "v1.0.0", "changes": ["what changed", ...]} for each tag, the newest first.

    Raises:
        VocabularyError: a version's name can't be a tag.
    """
    for entry in changelog:
        check_revision(entry["version"])
    return _page("versions", repo_id=repo_id, changelog=changelog, markers=_VERSIONS)


def readdressed(card: str, old_id: str, repo_id: str, changelog: Sequence[Mapping[str, Any]]) -> str:
    """The card under the name and with the versions that it has on the Hub; twice is the same as once.

    Args:
        old_id: What the card calls its dataset: that of the build, or of the last push.

    Raises:
        VocabularyError: a version's name can't be a tag, or `repo_id` can't be a dataset's name.
        ValueError: the card has no section of versions, so it is none of `render`.
    """
    section = versions(repo_id, changelog)
    found = renamed(card, old_id, repo_id)
    if len(_SECTION.findall(found)) != 1:
        raise ValueError(
            f"README.md has no single section between {_VERSIONS[0]} and {_VERSIONS[1]}: build the release again"
        )
    return _SECTION.sub(lambda _: section, found)


def renamed(card: str, old_id: str, new_id: str) -> str:
    """The card with another name for a dataset, wherever that is named as such: alone, or in an address after
    `/datasets/`, and never within a longer name or path.

    Raises:
        VocabularyError: `new_id` can't be a dataset's name on the Hub.
    """
    check_repo_id(new_id)
    # As a shell, Python and prose spell it: for a name that the Hub takes these are one and the same.
    spellings = {spell(old_id) for spell in (str, flat, cell, quoted, lambda text: json.dumps(text)[1:-1])}
    any_of = "|".join(re.escape(one) for one in sorted(spellings - {""}, key=lambda one: (-len(one), one)))
    named = re.compile(rf"(?<=/datasets/)(?:{any_of})(?![\w-]|\.\w)|(?<![\w./-])(?:{any_of})(?![\w/-]|\.\w)")
    return named.sub(new_id, card).replace(f"@misc{{{bibtex_key(old_id)},", f"@misc{{{bibtex_key(new_id)},")


def bibtex_key(repo_id: str) -> str:
    """What a citation is called.

    >>> bibtex_key("i2a/trees")
    'i2a_trees'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", repo_id).strip("_")


def _page(template: str, **facts: Any) -> str:  # noqa: ANN401 - whatever the template asks for
    page = _environment().get_template(f"{template}.md.jinja2").render(**facts)
    return re.sub(r"\n{3,}", "\n\n", page).strip()  # the templates' blocks leave blank lines


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cards"),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(),  # for HTML alone: a card is Markdown, and `cell` escapes that
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "cell": cell,
        "code": code,
        "fenced": fenced,
        "bibtex_key": bibtex_key,
        "flat": flat,
        "quoted": quoted,
        "literal": json.dumps,
    }
    return environment


def _type_name(kind: "pa.DataType") -> str:
    """A type as Arrow names it, with widths (`list<float32>`, not `list<item: float>`) and without the many fields of
    a long struct.
    """
    import pyarrow as pa

    if pa.types.is_list(kind):
        return f"list<{_type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        fields = ", ".join(f"{field.name}: {_type_name(field.type)}" for field in kind)
        return f"struct<{fields if kind.num_fields <= LONGEST_STRUCT else '…'}>"
    return {"float": "float32", "double": "float64"}.get(str(kind), str(kind))


def _columns(configs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The tables of columns, {configs, fields}: one for all configs that have the same."""
    tables: list[dict[str, Any]] = []
    for config in configs:
        same = [table for table in tables if table["fields"] == config["fields"]]
        if same:
            same[0]["configs"].append(config["name"])
        else:
            tables.append({"configs": [config["name"]], "fields": config["fields"]})
    return tables


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
        pretty_name=flat(facts["pretty_name"]),  # PyYAML loses some line ends that it writes
        task_categories=["text-generation"],
        size_categories=[size_category(sum(written.rows for written in configs if written.config.default))],
        # Who the reviewers are is not known here, so neither crowdsourced nor expert-generated.
        annotations_creators=["machine-generated", *(["other"] if facts["review"] else [])],
        language_creators=["machine-generated"],
        multilinguality=["monolingual"],
        source_datasets=list(facts["source_datasets"]) or None,
        tags=list(facts["tags"]),
        configs=entries,
    )
    infos.to_dataset_card_data(data)
    check_header(data.to_dict())  # type: ignore[no-untyped-call]  # huggingface_hub leaves it untyped
    return data.to_yaml()
