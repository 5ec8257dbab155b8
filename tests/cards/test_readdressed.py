"""What a push puts into a card: the name on the Hub and the versions, and nothing else."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cards.card import readdressed, renamed, render, versions
from cards.data import Config, Split, Written, write
from cards.vocabulary import VocabularyError
from tests.cards.conftest import Tables, configs_of
from tests.cards.reading import HOSTILE, TEXTS, blocks, header_and_page, shape

LOG = [
    {"version": "v1.1.0", "changes": ["personas: 10 -> 12 rows", "a | bar"]},
    {"version": "v1.0.0", "changes": ["the first version"]},
]
MARKERS = ["<!-- versions -->", "<!-- /versions -->"]
NAMES = st.from_regex(r"[A-Za-z0-9]{1,8}/[A-Za-z0-9]{1,8}([_.-][A-Za-z0-9]{1,4})?", fullmatch=True)


@pytest.fixture
def card(tmp_path: Path, tables: Tables, tree_facts: dict[str, Any]) -> str:
    some, none = tables["texts"], tables["dropped"]
    configs = configs_of({"trees": some, "preference": some, "dropped": none})
    return render("i2a/trees", [write(config, tmp_path) for config in configs], "trees", tree_facts)


def test_before_a_version_is_tagged_the_card_says_so_and_how_to_pin_a_commit(card: str) -> None:
    _, page = header_and_page(card)
    assert "No version is tagged yet." in page
    assert 'load_dataset("i2a/trees", revision="SHA")' in blocks(page, "python")[-1]


def test_a_pushed_card_names_its_place_and_pins_its_newest_version(card: str) -> None:
    pushed = readdressed(card, "i2a/trees", "my-lab/talks", LOG)
    header, page = header_and_page(pushed)
    assert "i2a/trees" not in pushed
    assert "i2a/personas" in page  # another dataset
    assert header == header_and_page(card)[0]
    for block in blocks(page, "python"):
        compile(block, "snippet", "exec")
    assert 'load_dataset("my-lab/talks", revision="v1.1.0")' in blocks(page, "python")[-1]
    train, download = blocks(page, "bash")
    assert "trl dpo --dataset_name my-lab/talks " in train
    where = ["my-lab/talks", "--repo-type", "dataset", "--revision", "v1.1.0", "--local-dir", "my-lab/talks"]
    assert shlex.split(download) == ["hf", "download", *where]
    assert "\n| v1.1.0 | personas: 10 -&gt; 12 rows<br>a \\| bar |\n| v1.0.0 | the first version |\n" in page
    assert "url           = {https://huggingface.co/datasets/my-lab/talks}" in page
    assert "@misc{my_lab_talks," in page
    assert "No version is tagged yet." not in page


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(new=NAMES, log=st.sampled_from([[], LOG[1:], LOG]))
def test_twice_is_the_same_as_once_and_a_later_push_the_same_as_a_first(
    card: str, new: str, log: list[dict[str, Any]]
) -> None:
    once = readdressed(card, "i2a/trees", new, log)
    assert readdressed(once, "i2a/trees", new, log) == once
    assert readdressed(once, new, new, log) == once
    assert readdressed(readdressed(card, "i2a/trees", new, LOG), new, new, log) == once


@given(old=NAMES, new=NAMES, before=st.sampled_from("x7_-./"), after=st.sampled_from("x7_-/"))
def test_a_name_within_a_longer_one_stays(old: str, new: str, before: str, after: str) -> None:
    for longer in (f"{before}{old}", f"{old}{after}", f"{old}.x", f"{before}{old}{after}"):
        assert renamed(f"see `{longer}`", old, new) == f"see `{longer}`"


@given(old=NAMES, new=NAMES)
def test_a_name_that_stands_alone_is_replaced(old: str, new: str) -> None:
    for frame in (
        'load_dataset("{}")',
        "`{}`",
        "{}.",
        "({})",
        "- {}\n",
        "https://huggingface.co/datasets/{}/tree/main",
    ):
        assert renamed(frame.format(old), old, new) == frame.format(new)


@pytest.mark.parametrize("odd", ["my data/it's", "Träume/trees", "a|b/<trees>", "x/```", "i2a/a\nb"])
def test_the_name_of_an_odd_folder_is_replaced_in_every_spelling(
    tree_facts: dict[str, Any], tmp_path: Path, tables: Tables, odd: str
) -> None:
    some = tables["texts"]
    configs = [write(config, tmp_path) for config in configs_of({"trees": some, "preference": some})]
    pushed = readdressed(render(odd, configs, "trees", tree_facts), odd, "my-lab/talks", [])
    _, page = header_and_page(pushed)
    assert "trl dpo --dataset_name my-lab/talks --dataset_config" in page
    assert 'trees = load_dataset("my-lab/talks")' in page
    assert "{https://huggingface.co/datasets/my-lab/talks}" in page


@pytest.mark.parametrize("template", ["personas", "aloe", "trees"])
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(TEXTS, st.sampled_from(HOSTILE).map(lambda text: f"\n{text}\n")))
@example(text="x\n<!-- versions -->\n<!-- /versions -->\ny")
@example(text="x\n<!-- /versions -->\n<!-- versions -->\ny")
def test_no_text_forges_or_breaks_the_markers(facts_of: dict[str, dict[str, Any]], template: str, text: str) -> None:
    """The section is found wherever a persona, a name or an earlier change tries to be one; all else stays."""
    import pyarrow as pa

    table = pa.table({"id": [text]})
    config = Config("trees", {"train": table.to_reader()}, {"id": text}, default=True)
    facts = facts_of[template] | {"pretty_name": f"People {text}"}
    card = render("i2a/people", [Written(config, {"train": Split(1, 1, 1, {"id": text})})], template, facts)
    once = readdressed(
        card, "i2a/people", "my-lab/people", [{"version": "v1", "changes": [text, "<!-- /versions -->"]}]
    )
    assert [found for found in shape(header_and_page(once)[1]) if "<!--" in found] == MARKERS
    again = readdressed(once, "my-lab/people", "my-lab/people", [])
    assert again == readdressed(card, "i2a/people", "my-lab/people", [])
    assert shape(header_and_page(again)[1]) == shape(header_and_page(card)[1])
    assert header_and_page(again)[0] == header_and_page(card)[0]


@pytest.mark.parametrize("version", ["", "v1 0", "v1`", "v1\n", "-v", "v1/2", "é"])
def test_a_name_that_is_no_tag_is_no_version(version: str) -> None:
    with pytest.raises(VocabularyError, match="can't be a tag"):
        versions("i2a/trees", [{"version": version, "changes": []}])


@pytest.mark.parametrize("name", ["", "trees", "a/b/c", "a b/c", "-a/b", "a/b.git", "a/b--c", "ä/b", "a/" + "b" * 96])
def test_a_card_is_sent_to_no_place_that_there_cannot_be(card: str, name: str) -> None:
    with pytest.raises(VocabularyError, match="can't be a dataset's name"):
        readdressed(card, "i2a/trees", name, [])


def test_a_text_that_is_no_card_is_refused() -> None:
    with pytest.raises(ValueError, match="no single section between"):
        readdressed("# a card\n", "i2a/trees", "my-lab/talks", [])
