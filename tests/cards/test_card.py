"""The card: right for the Hub, readable for people, and whole whatever the texts hold."""

import json
import shlex
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cards.card import as_json, cell, fenced, render, size_category
from cards.data import Config, write
from tests.cards.conftest import Tables, configs_of

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
TREE_FACTS = (
    *("personas", "turns", "branch", "votes", "node", "vote", "trees", "pairs", "margin", "audit", "longer_won"),
    *("disclosure", "undisclosed", "cost", "split_check", "cast", "seed", "usage"),
)
texts = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=400), st.text(alphabet="`|\\*_<>&[]~$#-\n\r\t ", max_size=60)
)
markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def card(folder: Path, configs: list[Config], facts: dict[str, Any], template: str = "personas") -> str:
    folder.mkdir(exist_ok=True)
    return render("i2a/people", [write(config, folder) for config in configs], template, facts)


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
    row = {"text": text, "list": [text] * 13, "deep": [{"text": text}] * 4, "none": [], "number": 0.10000000149}
    shown_row = as_json(row)
    read = json.loads(shown_row)
    start = text if len(text) <= 300 else text[:299] + "…"
    assert read["text"] == start
    assert read["deep"] == [{"text": start}] * 3 + ["… and 1 more"]
    assert read["none"] == []
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


@pytest.mark.parametrize("template", ["personas", "aloe", "trees"])
@pytest.mark.parametrize("rehearsal", [True, False])
def test_rehearsal_data_says_so_right_under_the_title_and_other_data_never(
    tmp_path: Path, configs: list[Config], facts_of: dict[str, dict[str, Any]], *, template: str, rehearsal: bool
) -> None:
    facts = facts_of[template] | {"rehearsal": rehearsal}
    _, page = header_and_page(card(tmp_path, configs, facts, template))
    title, first, *_ = [line for line in page.splitlines() if line]
    assert title == "# Some people"
    assert first.startswith("> **Rehearsal data.**") is rehearsal
    assert ("rehearsal" in page.lower()) is rehearsal


@pytest.mark.parametrize(
    ("template", "fact"), [("personas", "embedder"), ("aloe", "embedder"), *(("trees", fact) for fact in TREE_FACTS)]
)
def test_a_fact_that_a_template_needs_and_does_not_get_is_an_error(
    tmp_path: Path, configs: list[Config], facts_of: dict[str, dict[str, Any]], template: str, fact: str
) -> None:
    del facts_of[template][fact]
    with pytest.raises(jinja2.UndefinedError, match=f"'{fact}' is undefined"):
        card(tmp_path, configs, facts_of[template], template)


def test_a_pool_with_nothing_held_out_and_nothing_dropped_has_a_card_too(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any]
) -> None:
    facts |= {"leakage": {}, "yields": facts["yields"][1:]}
    _, page = header_and_page(card(tmp_path, configs, facts))
    assert "This release holds nothing out." in page
    assert "Nothing was dropped." in page


def test_hostile_texts_in_rows_names_and_facts_leave_the_card_whole(
    tmp_path: Path, tables: Tables, facts: dict[str, Any]
) -> None:
    import pyarrow as pa

    _, page = header_and_page(card(tmp_path / "tame", configs_of(tables), facts))
    tame = headings(page)
    cells = [token.type for token in markdown.parse(page)].count("td_open")
    for i, hostile in enumerate(HOSTILE):
        first = tables["people"]["train"].to_pylist()[0] | {"text": hostile, "facts": [hostile]}
        train = pa.Table.from_pylist([first], schema=tables["people"]["train"].schema)
        people, *others = configs_of({**tables, "people": {**tables["people"], "train": train}})
        evil = [replace(people, fields=dict.fromkeys(people.fields, hostile)), *others]
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
        assert [token.type for token in markdown.parse(page)].count("td_open") == cells
        assert not [token for token in markdown.parse(page) if token.type == "html_block"]
        start = hostile if len(hostile) <= 300 else hostile[:299] + "…"
        assert example_row(page)["facts"] == [start]


def as_trees(tables: Tables) -> list[Config]:
    """The same rows under the names of the trees' configs; `kto` has none."""
    some, none = tables["texts"], tables["dropped"]
    return configs_of({"trees": some, "preference": some, "sft": some, "kto": none, "dropped": none})


def test_the_card_of_trees_tells_labels_audit_ledger_cost_and_splits(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]
) -> None:
    _, page = header_and_page(card(tmp_path, as_trees(tables), tree_facts, "trees"))
    for line in (
        "| `trees` (default) | `train` | 3 |",
        "| `label` | preferred, rejected or undecided; null on user nodes |",
        "| refused | 2 |",
        "| 2,970 | 2,512 | 458 |",
        "| votes-differ | 310 |",
        "| 0.31 | 0.06 | 0.28 | 0.61 |",
        "| characters | 0.43 | 263.40 | 1,287.00 |",
        "| 10 | 9.00 | 9.00 | 10.00 | 11.00 | 5.00 | 0.00 | 5.00 | 10.00 |",
        "| tailored | 2.1% |",
        "| generic | 1.8% |",
        "| judge | 79.0% |",
        "| all roles | 81.2% |",
        "| writer | 1,234 | 56,789 | 4,321 |",
    ):
        assert f"\n{line}\n" in page
    prose = " ".join(page.split())
    for said in (
        "Of 300 trees asked for, 297 are here.",
        "The generic reply is the preferred one in 8.1% of the decided pairs.",
        "the longer one is preferred in 33.3%.",
        "6.21 calls and 12,345.60 prompt tokens for each decided pair",
        "3,072 tokens are meant to hold the longest row here, which has 9,876 characters",
        "0 profiles and 0 personalities stand in both train and test, and 0 personas",
        "In the first turns (`both:2`) it goes on from both replies",
    ):
        assert said in prose
    assert "\n\n\n" not in page


def test_the_commands_train_on_every_config_that_has_rows_whole(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]
) -> None:
    _, page = header_and_page(card(tmp_path, as_trees(tables), tree_facts, "trees"))
    [block] = [token.content for token in markdown.parse(page) if token.type == "fence" and token.info == "bash"]
    data, rest = ["--dataset_name", "i2a/people"], ["--max_length", "3072", "--model_name_or_path", "MODEL"]
    assert [shlex.split(line) for line in block.replace("\\\n", "").splitlines()] == [
        ["trl", "dpo", *data, "--dataset_config", "preference", *rest, "--output_dir", "MODEL-dpo"],
        ["trl", "sft", *data, "--dataset_config", "sft", *rest, "--output_dir", "MODEL-sft"],
    ]


def test_a_repo_id_that_a_shell_would_read_is_quoted_in_the_commands(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]
) -> None:
    configs = [write(config, tmp_path) for config in as_trees(tables)]
    assert "--dataset_name 'my data/$(x)' --dataset_config" in render("my data/$(x)", configs, "trees", tree_facts)


@pytest.mark.parametrize(
    ("branch", "said"), [("coin", "a seeded coin names, preferred or not"), ("preferred", "from the preferred reply")]
)
def test_a_run_without_a_decided_pair_has_a_card_of_trees_too(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any], branch: str, said: str
) -> None:
    nothing = dict.fromkeys(("mean", "q10", "median", "q90"))
    facts = tree_facts | {
        "branch": branch,
        "trees": {"asked": 1, "kept": 1, "dropped": {}},
        "pairs": {"all": 1, "decided": 0, "undecided": {}, "generic_won": None},
        "margin": nothing,
        "audit": [{"feature": "characters", "auc": None, "preferred": None, "rejected": None}],
        "longer_won": None,
        "disclosure": [{"turn": 1, "facts": nothing, "traits": nothing}],
        "undisclosed": {"tailored": None, "generic": None},
        "cost": {"calls_per_pair": None, "prompt_tokens_per_pair": None, "repeated": {}, "repeated_all": None},
    }
    configs = [config for config in as_trees(tables) if config.name in ("trees", "dropped")]
    _, page = header_and_page(card(tmp_path, configs, facts, "trees"))
    prose = " ".join(page.split())
    assert said in prose
    assert "There is nothing to train on here: no pair was decided." in prose
    assert "no margins and no audit" in prose
    assert "| 1 | - | - | - | - | - | - | - | - |" in page
    assert "| tailored | - |" in page
    assert "trl " not in page
    assert "None" not in page


@pytest.mark.parametrize(
    ("rows", "word"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (3410, "1K<n<10K"), (10**6, "1M<n<10M"), (10**15, "n>1T")],
)
def test_the_size_is_a_word_of_the_hub(rows: int, word: str) -> None:
    assert size_category(rows) == word
