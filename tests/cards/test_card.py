"""The card: right for the Hub, readable for people, and whole whatever the texts hold."""

import json
import re
import shlex
import unicodedata
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import HealthCheck, example, given, settings

from cards.card import render, size_category
from cards.data import Config, Split, Written, write
from cards.texts import as_json, cell, code, fenced, flat
from cards.vocabulary import VocabularyError
from tests.cards.conftest import SHARED, Tables, configs_of
from tests.cards.reading import HOSTILE, TEXTS, blocks, example_row, header_and_page, markdown, shape, shown

OWN_FACTS = {
    "personas": ("embedder", "thresholds", "seeds", "texts", "yields", "leakage", "grown_from", "aloe"),
    "aloe": ("embedder", "seeds", "leakage", "personas"),
    "trees": (
        *("personas", "turns", "branch", "votes", "node", "vote", "trees", "pairs", "margin", "audit", "longer_won"),
        *("by_turn", "position_bias", "disclosure", "undisclosed", "cost", "max_length", "split_check"),
    ),
}
FACTS = [(template, fact) for template, own in OWN_FACTS.items() for fact in (*SHARED, *own)]
NOT_TEXTS = ("license", "tags", "source_datasets", "report", "url", "branch", "sha256", "i2a", "role")
NAMES = ("settings", "dropped", "undecided", "thresholds", "leakage", "repeated")  # of dicts whose keys are names


def card(folder: Path, configs: list[Config], facts: dict[str, Any], template: str = "personas") -> str:
    folder.mkdir(exist_ok=True)
    return render("i2a/people", [write(config, folder) for config in configs], template, facts)


@settings(deadline=None)
@given(TEXTS)
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


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("C #", "C \\#"),
        ("see HTTPS://a.example/x", "see HTTPS\\://a.example/x"),
        ("www.a.example or WWW.b", "www\\.a.example or WWW\\.b"),
        ("so\u00adft", "soft"),
        ("a" + "".join(map(chr, (0xE0001, 0xE0041, 0xE007F))) + "b", "ab"),
        ("a\u2066\u180e\U0001d173\ud800b", "ab"),
    ],
)
def test_a_cell_makes_no_heading_no_link_and_hides_nothing(text: str, spelled: str) -> None:
    assert cell(text) == spelled
    assert shown(markdown.parse(f"# {spelled} #")[1]) == "".join(c for c in text if c.isprintable())


def test_the_example_spells_out_what_hides() -> None:
    row = {"text": "a\u00ad\U000e0041\n\u200db"}
    assert as_json(row) == '{\n  "text": "a\\u00ad\\udb40\\udc41\\n\\u200db"\n}'
    assert json.loads(as_json(row)) == row


@settings(deadline=None)
@given(TEXTS)
def test_nothing_leaves_a_fence(text: str) -> None:
    tokens = markdown.parse(fenced(text.replace("\r", "").replace("\x00", ""), "json") + "\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


@settings(deadline=None)
@given(TEXTS)
@example("`")
@example(" ")
def test_code_in_a_line_stays_code_and_stays_in_its_line(text: str) -> None:
    tokens = markdown.parse(f"x {code(text)} y")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert [child.type for child in tokens[1].children or []] == ["text", "code_inline", "text"]


@settings(deadline=None)
@given(TEXTS)
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
    assert header["annotations_creators"] == header["language_creators"] == ["machine-generated"]
    assert header["multilinguality"] == ["monolingual"]
    assert header["source_datasets"] == ["original"]
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
    assert "\nNot yet reviewed by people.\n" in page
    for line in (
        "| config | train | test | heldout | what a row is |",
        "| `people` (default) | 5 | 2 | 0 |  |",
        "| `texts` | 3 | - | - |  |",
        "| `dropped` | 0 | - | - | what did not stay, with its reason |",
        "| `facts` | `list<string>` | what facts means |",
        "| `nearest` | `float32` | what nearest means |",
        "| profile | 12 | 1,340 | 331 | 1,009 | the target was reached |",
        "| pair | - | 10 | 10 | 0 | - |",
        "| profile | too-near | 1,000 |",
        "| writer | some-model | OpenAILLM | temperature 0.8, top\\_p 1 |",
        "| judge | other-model | vLLM | - |",
        "| writer | 1,234 | 56,789 | 4,321 |",
        "| **all** | 1,244 | 56,889 | 4,341 |",
        "| profiles | 1,351 | 14 | 8 | 10 | 12 | 45 | 61 | 1,012 |",
        "| some-model | [Somebody](https://example.org/terms) |",
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
    for block in (found := blocks(page, "python")):
        compile(block, "snippet", "exec")
    assert 'people = load_dataset("i2a/people")\ntexts = load_dataset("i2a/people", "texts")\n' in found[0]
    assert 'load_dataset("i2a/people", split="train", streaming=True)' in found[0]
    assert "dropped" not in found[0]


def test_the_cost_is_told_where_there_are_prices(tmp_path: Path, configs: list[Config], facts: dict[str, Any]) -> None:
    facts["usage"][0]["cost"] = 1234.5
    _, page = header_and_page(card(tmp_path, configs, facts))
    assert "\n| writer | 1,234 | 56,789 | 4,321 | 1,234.50 |\n" in page
    assert "\n| judge | 10 | 100 | 20 | - |\n" in page
    assert "\n| **all** | 1,244 | 56,889 | 4,341 | 1,234.50 |\n" in page
    assert "A role without a price is not in the sum." in page


def test_figures_and_report_are_shown_where_there_are_any(
    tmp_path: Path, tables: Tables, facts: dict[str, Any]
) -> None:
    _, page = header_and_page(card(tmp_path / "none", configs_of(tables), facts))
    assert "## Figures" not in page
    facts |= {
        "figures": [{"file": "the map.png", "title": "A map [1]", "caption": "What is *near*."}],
        "report": "figures/report.html",
    }
    _, page = header_and_page(card(tmp_path / "some", configs_of(tables), facts))
    [image] = [
        child
        for token in markdown.parse(page)
        for child in token.children or []
        if child.type == "image" and child.attrs["src"] == "figures/the%20map.png"
    ]
    assert image.content == "A map \\[1\\]"
    assert "[figures/report.html](figures/report.html)" in page


def test_seeds_of_the_publisher_bring_the_question_of_their_licence(
    tmp_path: Path, configs: list[Config], tables: Tables, facts: dict[str, Any]
) -> None:
    facts["seeds"]["personalities"]["own"] = True
    _, page = header_and_page(card(tmp_path, configs, facts))
    prose = " ".join(page.split())
    assert "The seeds of its personalities are the publisher's own and not" in prose
    assert "their licence allows this one" in prose
    assert "- **Seeds**, profiles: 20 offered, 14 kept; they ship with i2a, written by hand. Their SHA-256" in page
    assert "- **Seeds**, personalities: 21 offered, 12 kept; given by the publisher. Their SHA-256" in page
    assert "begins with `abababababab`." in page
    assert "abababababab" * 2 not in page
    facts["seeds"]["profiles"]["own"] = True
    _, page = header_and_page(card(tmp_path / "both", configs_of(tables), facts))
    assert "The seeds of its profiles and personalities are the publisher's own" in page


def test_seeds_that_ship_raise_no_question_and_those_that_stayed_are_not_the_writer_s(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any]
) -> None:
    _, page = header_and_page(card(tmp_path, configs, facts))
    assert "publisher's own" not in page
    assert "some-model wrote all but the seeds, 14 profiles and 12 personalities:" in page


def test_a_pool_that_was_enlarged_says_how_it_began(tmp_path: Path, tables: Tables, facts: dict[str, Any]) -> None:
    steps = [{"profiles": 30, "personalities": 14}, {"profiles": 40, "personalities": 1400}]
    for number, said in enumerate(("enlarged.", "enlarged, in 2 steps."), start=1):
        _, page = header_and_page(card(tmp_path / said, configs_of(tables), facts | {"grown_from": steps[:number]}))
        assert f"The pool was first made with 30 profiles and 14 personalities and then {said}" in page
    _, page = header_and_page(card(tmp_path / "whole", configs_of(tables), facts))
    assert "enlarged" not in page


def test_roles_of_one_model_are_named_together(tmp_path: Path, configs: list[Config], facts: dict[str, Any]) -> None:
    players = [("user", "m"), ("judge", "M"), ("tailored", "m")]
    facts["cast"] = [{"role": role, "llm": "L", "model": model, "settings": {}} for role, model in players]
    _, page = header_and_page(card(tmp_path, configs, facts, "aloe"))
    assert "\n- **Made by**: M (judge), m (user, tailored)\n" in page


def test_configs_of_the_same_columns_have_one_table_of_them(
    tmp_path: Path, tables: Tables, facts: dict[str, Any]
) -> None:
    tables["texts"] = {"train": tables["texts"]["train"].drop_columns(["seen"])}
    _, page = header_and_page(card(tmp_path, configs_of(tables), facts))
    assert "\n### `people` and `dropped`\n\n| column | type | meaning |\n" in page
    assert "\n### `texts`\n\n| column | type | meaning |\n" in page
    assert page.count("| `seen` |") == 1


@pytest.mark.parametrize(
    ("license_id", "said"),
    [
        ("cc-by-4.0", "(https://creativecommons.org/licenses/by/4.0/) (`cc-by-4.0`)"),
        ("odbl", "`odbl`, by the Hub's [list of licences]"),
        ("other", "`other`: ask whoever publishes this dataset"),
    ],
)
def test_the_licence_is_named_in_header_and_page(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any], license_id: str, said: str
) -> None:
    header, page = header_and_page(card(tmp_path, configs, facts | {"license": license_id}))
    assert header["license"] == license_id
    assert said in page


def test_what_the_hub_does_not_know_is_an_error(tmp_path: Path, configs: list[Config], facts: dict[str, Any]) -> None:
    with pytest.raises(VocabularyError, match=r"license: 'cc-by-5\.0' is not on .* Nearest: cc-by-"):
        card(tmp_path, configs, facts | {"license": "cc-by-5.0"})


@pytest.mark.parametrize("template", ["personas", "aloe", "trees"])
@pytest.mark.parametrize("rehearsal", [True, False])
def test_rehearsal_data_says_so_in_the_first_line_and_other_data_never(
    tmp_path: Path, configs: list[Config], facts_of: dict[str, dict[str, Any]], *, template: str, rehearsal: bool
) -> None:
    facts = facts_of[template] | {"rehearsal": rehearsal}
    _, page = header_and_page(card(tmp_path, configs, facts, template))
    lines = [line for line in page.splitlines() if line]
    assert lines[0].startswith("> **Rehearsal data.**") is rehearsal
    assert lines[2 if rehearsal else 0] == "# Some people"
    assert ("rehearsal" in page.lower()) is rehearsal


@pytest.mark.parametrize(("template", "fact"), FACTS)
def test_a_fact_that_a_template_needs_and_does_not_get_is_an_error(
    tmp_path: Path, tables: Tables, facts_of: dict[str, dict[str, Any]], template: str, fact: str
) -> None:
    configs = as_trees(tables) if template == "trees" else configs_of(tables)
    without = {name: value for name, value in facts_of[template].items() if name != fact}
    with pytest.raises((jinja2.UndefinedError, KeyError), match=f"'{fact}'"):
        card(tmp_path, configs, without, template)


def test_a_pool_with_nothing_held_out_and_nothing_dropped_has_a_card_too(
    tmp_path: Path, configs: list[Config], facts: dict[str, Any]
) -> None:
    facts |= {"leakage": {}, "yields": facts["yields"][1:]}
    _, page = header_and_page(card(tmp_path, configs, facts))
    assert "This release holds nothing out." in page
    assert "Nothing was dropped." in page


def with_text(value: Any, text: str, key: str = "") -> Any:
    """Facts in which every text is `text`."""
    if isinstance(value, dict):
        return {text if key in NAMES else name: with_text(item, text, name) for name, item in value.items()}
    if isinstance(value, list):
        return value if key in NOT_TEXTS else [with_text(item, text, key) for item in value]
    return text if isinstance(value, str) and key not in NOT_TEXTS else value


def one_row(name: str, text: str, *, default: bool) -> Written:
    import pyarrow as pa

    table = pa.table({"id": [text], "facts": [[text]]})
    config = Config(name, {"train": table.to_reader()}, dict.fromkeys(table.column_names, text), default=default)
    return Written(config, {"train": Split(1, 10, 10, table.to_pylist()[0])})


@pytest.mark.parametrize("template", ["personas", "aloe", "trees"])
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
@example(text=HOSTILE[0])
@example(text=HOSTILE[1])
@example(text=HOSTILE[3])
@example(text="0\x85")
def test_hostile_texts_in_rows_names_and_facts_leave_the_card_whole(
    facts_of: dict[str, dict[str, Any]], template: str, text: str
) -> None:
    figure = {"file": "a.png", "title": "a", "caption": "a"}
    facts = facts_of[template] | {"figures": [figure]}
    # One key a dict: several would become one.
    facts |= {name: dict(list(facts[name].items())[:1]) for name in NAMES if name in facts}
    facts["cast"] = [{**row, "settings": dict(list(row["settings"].items())[:1])} for row in facts["cast"]]
    facts["cast"].append({"role": text, "llm": text, "model": text, "settings": {}})

    def rendered(filler: str, repo_id: str) -> tuple[dict[str, Any], str]:
        configs = [one_row(name, filler, default=name == "trees") for name in ("trees", "preference")]
        evil = with_text(facts, filler) | {"pretty_name": f"People {filler}"}
        return header_and_page(render(repo_id, configs, template, evil))

    header, page = rendered(text, f"i2a/{text}")
    tame_header, tame = rendered("tame", "i2a/tame")
    assert {**header, "pretty_name": ""} == {**tame_header, "pretty_name": ""} | {
        "dataset_info": header["dataset_info"]
    }
    assert header["pretty_name"] == flat(f"People {text}")
    assert shape(page) == shape(tame)
    assert {child.type for token in markdown.parse(page) for child in token.children or []} <= {
        *("text", "text_special", "softbreak", "code_inline", "link_open", "link_close", "image"),
        *("em_open", "em_close", "strong_open", "strong_close"),
    }
    start = text if len(text) <= 300 else text[:299] + "…"
    for block in blocks(page, "json"):
        assert json.loads(block) == {"id": start, "facts": [start]}


def as_trees(tables: Tables) -> list[Config]:
    """The same rows under the names of the trees' configs; `kto` has none."""
    some, none = tables["texts"], tables["dropped"]
    return configs_of({"trees": some, "preference": some, "sft": some, "kto": none, "dropped": none})


def test_the_card_of_trees_tells_labels_audit_ledger_cost_and_splits(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]
) -> None:
    _, page = header_and_page(card(tmp_path, as_trees(tables), tree_facts, "trees"))
    for line in (
        "| `preference` | 3 | a decided pair: prompt, chosen, rejected |",
        "| 2 | 1,252 | 91.0% | 88.0% to 93.0% | 0.42 |",
        "| `label` | preferred, rejected or undecided; null on user nodes |",
        "| refused | 2 |",
        "| 2,970 | 2,512 | 458 |",
        "| votes-differ | 310 |",
        "| 0.31 | 0.06 | 0.28 | 0.61 |",
        "| characters | 0.43 | 263.40 | 1,287.00 |",
        "| 9 | 8.10 | 8 | 9 | 10 | 4.50 | 0 | 4.50 | 9 |",
        "| 10 | 9.00 | 9 | 10 | 11 | 5.00 | 0 | 5 | 10 |",
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
        "Of 5,432 votes that gave one reply more, 51.2% gave it to the reply that stood first (95% interval 49.7% to",
        "The tailored reply is the preferred one in 91.9% of the decided pairs.",
        "297 dialogue trees of 10 turns",
        "Each path of a tree has 10 turns.",
        "1 to 10, twice for each pair, alternating which reply is shown first.",
        "begins with `0123456789ab`.",
        "No feature here predicts the label by itself",
    ):
        assert said in prose
    assert "\n\n\n" not in page


def test_texts_under_another_licence_are_named_with_it(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]
) -> None:
    said = {"cc-by-4.0": False, None: False, "odbl": True}
    for number, (licence, expected) in enumerate(said.items()):
        facts = tree_facts | {"personas": {**tree_facts["personas"], "license": licence}}
        _, page = header_and_page(card(tmp_path / str(number), as_trees(tables), facts, "trees"))
        assert ("It contains texts of `i2a/personas`, which are under `odbl`." in page) is expected
        assert ("It contains texts" in page) is expected


def test_a_shallow_feature_that_predicts_the_label_is_named(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]
) -> None:
    names = {"many_words": 0.71, "few": 0.29, "upper": 0.7, "lower": 0.3}
    audit = [{"feature": name, "auc": auc, "preferred": 1.0, "rejected": 2.0} for name, auc in names.items()]
    _, page = header_and_page(card(tmp_path, as_trees(tables), tree_facts | {"audit": audit}, "trees"))
    assert "**Here something shallow predicts the label**: many words (AUC 0.71), few (AUC 0.29). A model" in page
    assert "No feature here" not in page


@pytest.mark.parametrize(
    ("votes", "said"), [(1, "once for each pair. A"), (4, "4 times for each pair, alternating which reply is shown")]
)
def test_the_number_of_votes_is_told_in_words(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any], votes: int, said: str
) -> None:
    facts = tree_facts | {"votes": votes, "branch": "coin"}
    _, page = header_and_page(card(tmp_path, as_trees(tables), facts, "trees"))
    assert f"1 to 10, {said}" in page
    assert "297 dialogues of 10 turns" in page
    assert "Each dialogue has 10 turns." in page


def test_what_has_no_train_rows_is_not_trained_on(tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]) -> None:
    some, none = tables["texts"]["train"], tables["dropped"]["train"]
    only_test = {"train": none, "test": some}
    parts = {"trees": {"train": some}, "preference": only_test, "sft": {"train": some}, "kto": only_test}
    _, page = header_and_page(card(tmp_path / "a", configs_of(parts), tree_facts, "trees"))
    assert re.findall(r"^trl (\w+)", page, re.MULTILINE) == ["sft"]
    _, page = header_and_page(card(tmp_path / "b", configs_of(parts | {"sft": only_test}), tree_facts, "trees"))
    assert "trl " not in page
    assert "There is nothing to train on here: `train` has no decided pair." in page


def test_the_commands_train_on_every_config_that_has_rows_whole(
    tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]
) -> None:
    _, page = header_and_page(card(tmp_path, as_trees(tables), tree_facts, "trees"))
    [block] = blocks(page, "bash")
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
        "by_turn": [],
        "position_bias": {"unequal": 0, "share": None, "low": None, "high": None},
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
    assert "There is nothing to train on here: `train` has no decided pair." in prose
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


def test_the_size_in_the_header_is_that_of_the_default_config(facts: dict[str, Any]) -> None:
    import pyarrow as pa

    def sized(name: str, rows: int, *, default: bool) -> Written:
        config = Config(name, {"train": pa.table({"id": ["a"]}).to_reader()}, {"id": "an id"}, default=default)
        return Written(config, {"train": Split(rows, 10, 10, {"id": "a"})})

    sizes = [sized("people", 999, default=True), sized("texts", 2000, default=False)]
    assert header_and_page(render("i2a/people", sizes, "personas", facts))[0]["size_categories"] == ["n<1K"]
