"""The card: right for the Hub, readable for people, and whole whatever the texts hold."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cards import release
from cards.card import Config, as_json, cell, data_file, fenced, render, size_category

HOSTILE = [
    "a | b\n| --- | --- |\n| x | y |",
    "```\n# out of the fence\n```````",
    "---\nlicense: other\n---",
    "<script>alert(1)</script> &amp; <!-- ",
    "**bold** _it_ ~~gone~~ [a](b) ![i](j) $x$ \\( \\| \\` `code`",
    "\u202eright to left\u202c \u200b\ufeff\x00\x1b[31m\x85\u2028",
    "{{ 7 * 7 }}{% raw %}",
    "שלום مرحبا 👩🏽‍🚀",
    "x" * 10_000,
    "&" * 10_000,
]
texts = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=400), st.text(alphabet="`|\\*_<>&[]~$#-\n\r\t ", max_size=60)
)
markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def card(folder: Path, configs: list[Config], facts: dict[str, Any], template: str = "personas") -> str:
    for config in configs:
        for split, table in config.filled().items():
            path = folder / data_file(config.name, split)
            path.parent.mkdir(parents=True, exist_ok=True)
            release._write_parquet(table, path)
    return render(folder, "i2a/people", configs, template, facts)


def header_and_page(text: str) -> tuple[dict[str, Any], str]:
    from huggingface_hub import DatasetCard

    parsed = DatasetCard(text)
    header: dict[str, Any] = parsed.data.to_dict()  # type: ignore[no-untyped-call]  # huggingface_hub leaves it untyped
    return header, parsed.text


def shown(token: Token) -> str:
    """The text that a reader sees of an inline token."""
    return "".join(child.content for child in token.children or [])


def headings(page: str) -> list[str]:
    tokens = markdown.parse(page)
    return [shown(tokens[i + 1]) for i, token in enumerate(tokens) if token.type == "heading_open"]


def example_row(page: str) -> dict[str, Any]:
    [block] = [token for token in markdown.parse(page) if token.type == "fence" and token.info == "json"]
    row: dict[str, Any] = json.loads(block.content)
    return row


@settings(deadline=None)
@given(texts)
@example("\\|")
@example("&lt;b&gt;")
@example("\x00")
def test_a_cell_stays_one_cell_and_shows_the_text_as_it_is(text: str) -> None:
    tokens = markdown.parse(f"| a | b |\n| --- | --- |\n| x{cell(text)}y | z |")
    cells = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    assert [token.type for token in tokens].count("tr_open") == 2
    assert len(cells) == 2
    assert {child.type for child in cells[0].children or []} <= {"text", "text_special"}
    read = shown(cells[0])[1:-1]
    assert len(read) <= 300
    if len(text) < 300 and text.isprintable():
        assert read == " ".join(text.split())


@settings(deadline=None)
@given(texts)
def test_nothing_leaves_a_fence(text: str) -> None:
    tokens = markdown.parse(fenced(text.replace("\r", "").replace("\x00", ""), "json") + "\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


@settings(deadline=None)
@given(texts)
def test_an_example_is_json_that_shows_the_start_of_the_text_and_hides_nothing(text: str) -> None:
    shown_row = as_json({"text": text, "list": [text] * 13, "deep": [{"text": text}], "number": 0.10000000149})
    read = json.loads(shown_row)
    start = text if len(text) <= 300 else text[:299] + "…"
    assert read["text"] == start
    assert read["deep"] == [{"text": start}]
    assert read["list"] == [start] * 12 + ["… and 1 more"]
    assert read["number"] == 0.1
    # Not one character is left that reorders or hides its neighbours.
    assert not {unicodedata.bidirectional(c) for c in shown_row} & {
        "RLO",
        "LRO",
        "RLE",
        "LRE",
        "PDF",
        "RLI",
        "LRI",
        "FSI",
        "PDI",
    }
    assert not set(shown_row) & set("\x00\x1b\x7f\x85\u200b\u2028\u2029\ufeff")


def test_the_header_says_what_the_files_hold(tmp_path: Path, configs: list[Config], facts: dict[str, Any]) -> None:
    header, _ = header_and_page(card(tmp_path, configs, facts))
    assert header["license"] == "cc-by-4.0"
    assert header["pretty_name"] == "Some people"
    assert header["tags"] == ["synthetic", "personas"]
    assert header["language"] == ["en"]
    assert header["size_categories"] == ["n<1K"]
    assert header["annotations_creators"] == ["machine-generated"]
    assert header["configs"] == [
        {
            "config_name": "people",
            "default": True,
            "data_files": [
                {"split": "train", "path": "people/train-*.parquet"},
                {"split": "test", "path": "people/test-*.parquet"},
            ],
        },
        {"config_name": "texts", "data_files": [{"split": "train", "path": "texts/train-*.parquet"}]},
    ]
    people, texts_ = header["dataset_info"]
    assert [(split["name"], split["num_examples"]) for split in people["splits"]] == [("train", 5), ("test", 2)]
    assert all(split["num_bytes"] > 0 for split in people["splits"])
    assert people["download_size"] == sum(path.stat().st_size for path in (tmp_path / "people").iterdir())
    assert people["features"] == texts_["features"]
    assert [feature["name"] for feature in people["features"]] == list(configs[0].fields)


def test_the_page_tells_counts_columns_yields_and_leakage(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any]
) -> None:
    _, page = header_and_page(card(tmp_path, configs, facts))
    for line in (
        "| `people` (default) | `train` | 5 |",
        "| `people` (default) | `heldout` | 0 |",
        "| `dropped` | `train` | 0 |",
        "| `facts` | `list<string>` | what facts means |",
        "| `nearest` | `float32` | what nearest means |",
        "| profile | 12 | 1,340 | 331 | 1,009 | the target was reached |",
        "| pair | - | 10 | 10 | 0 | - |",
        "| profile | too-near | 1,000 |",
        "| writer | OpenAILLM | some-model |",
        "| writer | 1,234 | 56,789 | 4,321 |",
        "| profile | 0.650 | 0.641 | 0.400 | 0.700 | - |",
    ):
        assert f"\n{line}\n" in page
    assert example_row(page) == {
        "id": "p-0",
        "text": "Text 0.",
        "facts": ["one", "two"],
        "round": 0,
        "nearest": None,
        "seen": True,
    }
    assert "\n\n\n" not in page


def test_the_snippet_loads_every_config_that_has_rows_and_is_python(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any]
) -> None:
    _, page = header_and_page(card(tmp_path, configs, facts))
    [block] = [token.content for token in markdown.parse(page) if token.type == "fence" and token.info == "python"]
    compile(block, "snippet", "exec")
    assert 'people = load_dataset("i2a/people")\ntexts = load_dataset("i2a/people", "texts")\n' in block
    assert "dropped" not in block


@pytest.mark.parametrize("template", ["personas", "aloe"])
@pytest.mark.parametrize("rehearsal", [True, False])
def test_rehearsal_data_says_so_right_under_the_title_and_other_data_never(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any], *, template: str, rehearsal: bool
) -> None:
    _, page = header_and_page(card(tmp_path, configs, {**facts, "rehearsal": rehearsal}, template))
    title, first, *_ = [line for line in page.splitlines() if line]
    assert title == "# Some people"
    assert first.startswith("> **Rehearsal data.**") is rehearsal
    assert ("rehearsal" in page.lower()) is rehearsal


@pytest.mark.parametrize("template", ["personas", "aloe"])
def test_a_fact_that_a_template_needs_and_does_not_get_is_an_error(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any], template: str
) -> None:
    del facts["embedder"]
    with pytest.raises(jinja2.UndefinedError, match="embedder"):
        card(tmp_path, configs, facts, template)


def test_a_pool_with_nothing_held_out_and_nothing_dropped_has_a_card_too(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any]
) -> None:
    facts |= {"leakage": {}, "yields": facts["yields"][1:]}
    _, page = header_and_page(card(tmp_path, configs, facts))
    assert "This release holds nothing out." in page
    assert "Nothing was dropped." in page


def test_hostile_texts_in_rows_names_and_facts_leave_the_card_whole(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any]
) -> None:
    import pyarrow as pa

    _, page = header_and_page(card(tmp_path / "tame", configs, facts))
    tame = headings(page)
    tables = [token.type for token in markdown.parse(page)].count("td_open")
    people = configs[0]
    for i, hostile in enumerate(HOSTILE):
        rows = people.splits["train"].slice(0, 1).to_pylist()
        rows[0] |= {"text": hostile, "facts": [hostile]}
        train = pa.Table.from_pylist(rows, schema=people.splits["train"].schema)
        fields = dict.fromkeys(people.fields, hostile)
        evil = [Config("people", {**people.splits, "train": train}, fields, default=True), *configs[1:]]
        evil_facts = facts | {
            "pretty_name": f"Some people {hostile}",
            "tags": [hostile],
            "embedder": hostile,
            "cast": [{"role": hostile, "llm": hostile, "model": hostile}],
        }
        header, page = header_and_page(card(tmp_path / str(i), evil, evil_facts))
        assert header["license"] == "cc-by-4.0"
        assert header["tags"] == [hostile]
        assert headings(page)[1:] == tame[1:]
        assert [token.type for token in markdown.parse(page)].count("td_open") == tables
        assert not [token for token in markdown.parse(page) if token.type == "html_block"]
        start = hostile if len(hostile) <= 300 else hostile[:299] + "…"
        assert example_row(page)["facts"] == [start]


@pytest.mark.parametrize("columns", [["id"], ["id", "text", "facts", "round", "seen", "nearest"], []])
def test_a_column_without_its_meaning_is_an_error(configs: list[Config], columns: list[str]) -> None:
    with pytest.raises(ValueError, match="config 'people': split 'train' has the columns"):
        Config("people", configs[0].splits, dict.fromkeys(columns, "what it means"))


@pytest.mark.parametrize(
    ("rows", "word"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (3410, "1K<n<10K"), (10**6, "1M<n<10M"), (10**15, "n>1T")],
)
def test_the_size_is_a_word_of_the_hub(rows: int, word: str) -> None:
    assert size_category(rows) == word
