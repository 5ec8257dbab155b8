"""What a card tells of a review: how much was reviewed, how that was chosen, what was decided, how far people agree."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cards.card import render
from cards.data import write
from pipelines.reviews.agreement import Judged, pair_figures, persona_figures
from pipelines.schema import ReviewRow
from tests.cards.conftest import Tables, configs_of
from tests.cards.reading import header_and_page, markdown
from tests.reviews.test_agreement import answer, verdict

OF = {"profile": 340, "personality": 133, "persona": 3310}


def persona_answers() -> list[ReviewRow]:
    """One person's on three personas, and another one's on a personality that both saw."""
    return [
        *(verdict(f"pr-{n}", value, record=f"p-{n}") for n, value in enumerate(["keep", "keep", "reject"])),
        verdict("pr-2", "stereotype, unsafe", record="p-2", question="reasons"),
        *(verdict(f"pe-{n}", "keep", kind="personality", record=f"p-{n}") for n in range(2)),
        verdict("pe-0", "edit", "a02", kind="personality", record="p-2"),
        *(verdict(f"p-{n}", "keep", kind="persona") for n in range(3)),
    ]


def pair_answers() -> list[ReviewRow]:
    """Two people's on ten random pairs of a tree each, and one person's on a targeted one."""
    rows = [answer("t-99/0", "generic", sample="targeted")]
    for n, value in enumerate(["generic", "generic", *["tailored"] * 6, "no-difference", "tailored"]):
        for who in ("a01", "a02"):
            given = {
                "preference": value,
                "in-character": "no" if (n, who) == (0, "a01") else "yes",
                "undisclosed": "tailored" if n < 2 else "neither",
            }
            first = "tailored" if n % 2 else "generic"
            rows += [answer(f"t-{n}/0", said, who, question=asked, first=first) for asked, said in given.items()]
    return rows


@pytest.fixture
def personas_review() -> dict[str, Any]:
    return persona_figures(persona_answers(), 1, OF)


@pytest.fixture
def trees_review() -> dict[str, Any]:
    judged = {f"t-{n}/0": Judged(None if n == 9 else "tailored", 0.05 * n, f"t-{n}") for n in range(10)}
    figures = pair_figures(pair_answers(), 2, judged, of=2970)
    return {**figures, "done": {"review:other-preferred": 2, "joined": 1}}


@pytest.fixture
def page_of(tmp_path: Path, tables: Tables, facts_of: dict[str, dict[str, Any]]) -> Any:
    """(template, review) -> the page of its card."""

    def page(template: str, review: Mapping[str, Any]) -> str:
        written = [write(config, tmp_path) for config in configs_of(tables)]
        return header_and_page(render("i2a/people", written, template, {**facts_of[template], "review": review}))[1]

    return page


def section(page: str) -> str:
    """What stands under the heading of the review, a paragraph or a row of a table in one line."""
    found = re.search(r"^## Human review\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    assert found
    return re.sub(r"(?<=[^\n|]) ?\n(?=[^\n|])", " ", found[1])


def test_the_card_of_personas_tells_how_many_were_reviewed_how_and_what_was_decided(
    page_of: Any, personas_review: dict[str, Any]
) -> None:
    page = page_of("personas", personas_review)
    assert (
        "\n- **Reviewed by people**: 3 of 340 profiles, 2 of 133 personalities, 3 of 3,310 pairings, by 2 people; "
        "see [Human review](#human-review).\n"
    ) in page
    told = section(page)
    for line in (
        "2 people looked at 3 personas in [Argilla](https://argilla.io).",
        "Every answer is a row of the config `reviews`, 10 in all. Most answers decide; a tie changes nothing.",
        "3 of these are a cover: as few personas as it takes to show each text once.",
        "| profile | keep | 2 | 66.7% | 20.8% to 93.8% |",
        "| | reject | 1 | 33.3% | 6.2% to 79.2% |",
        "| | tied | 1 | - | - |",
        "Why a profile was not kept: stereotype (1), unsafe (1).",
        "What was not kept stands in `dropped`, with a reason that begins with `review:`",
    ):
        assert line in told.replace("|  |", "| |")
    assert "judge" not in told
    assert "reviewers have only taken out what they saw" in " ".join(page.split())


def test_the_card_of_the_benchmark_says_whose_review_it_is(page_of: Any, personas_review: dict[str, Any]) -> None:
    page = page_of("aloe", personas_review)
    assert "3 of 3,310 pairings of `i2a/personas`, by 2 people; see" in page
    told = section(page)
    assert "2 people looked at 3 personas of `i2a/personas` in" in told
    assert "the config `reviews` there" in told
    assert "stands in `dropped` there" in told


def test_a_sample_is_told_with_its_halves(page_of: Any) -> None:
    random, targeted = (
        [replace(row, sample=sample) for row in persona_answers() if row.review_id != persona_answers()[at].review_id]
        for sample, at in (("random", 0), ("targeted", 1))
    )
    only = {row.review_id for row in targeted} - {row.review_id for row in random}
    review = persona_figures([*random, *(row for row in targeted if row.review_id in only)], 1, OF)
    told = section(page_of("personas", review))
    assert (
        "2 were drawn at random, 1 chosen where an answer helps most: near to another text, or of a rare kind." in told
    )
    assert "Shares and agreement below are of the random ones alone" in told
    assert "cover" not in told


def test_the_card_of_trees_tells_how_people_agree_with_each_other_and_with_the_judge(
    page_of: Any, trees_review: dict[str, Any]
) -> None:
    page = page_of("trees", trees_review)
    assert "\n- **Reviewed by people**: 10 of 2,970 pairs of replies, by 2 people; see [Human review]" in page
    assert "How often people agree: [Human review](#human-review)." in page
    told = section(page).replace("|  |", "| |")
    for line in (
        "2 people looked at 11 pairs of replies in [Argilla](https://argilla.io). They saw the persona, ",
        "both replies, in a random order and without a label or a name.",
        "Those count that 2 people or more have answered: 10. Most answers decide; a tie changes nothing.",
        "10 were drawn at random, 0 chosen where an answer helps most: the judge undecided, the margin small",
        "| which reply this person would prefer | tailored | 7 | 70.0% | 39.7% to 89.2% |",
        "| is the user in character | yes | 9 | 100.0% | 70.1% to 100.0% |",
        "| review:other-preferred | 2 |",
        "| joined | 1 |",
        "| which reply this person would prefer | 1.00 | - | 10 |",
        "On 8 of the random pairs people and the judge both prefer a reply: **the same one in 75.0%** (95% interval ",
        "Cohen's kappa, which is 0 where chance would do as well, is 0.50 (95% interval ",
        "| 0 to 0.1 | 2 | 0.0% | 0.0% to 65.8% | -1.00 | -1.00 to 0.00 |",
        "| 0.4 to 1 | 0 | - | - | - | - |",
        "1 pairs on which people see no difference, 0 on which they are tied, 1 that the judge left undecided.",
        "the tailored reply uses what was not yet shown in 20.0% of the pairs (95% interval 5.7% to 51.0%)",
        "Of 18 preferences 55.6% are for the reply that was shown first",
    ):
        assert line in told
    assert "1 is full agreement, 0 what chance gives" in told


def test_what_is_not_defined_is_left_out_or_a_dash(page_of: Any) -> None:
    one = pair_figures([answer("t-0/0", "tailored")], 1, {"t-0/0": Judged("tailored", 0.3, "t-0")}, of=1)
    none = pair_figures([answer("t-0/0", "tailored")], 2, {}, of=1)
    few = persona_figures(persona_answers()[:1], 1, OF)
    pages = [
        page_of("trees", {**one, "done": {}}),
        page_of("trees", {**none, "done": {}}),
        page_of("personas", few),
        page_of("personas", persona_figures(persona_answers()[:1], 2, OF)),
    ]
    for page in pages:
        told = section(page)
        assert not re.search(r"\b(None|nan)\b|\(95% interval -\)|\b0\.00\b", told)
        assert "\n\n\n" not in page
    first, second, third, fourth = map(section, pages)
    assert "**the same one in 100.0%**. Of single answers" in first
    assert "kappa, which" not in first
    for told in (first, third):
        assert "How far reviewers agree with each other is not known" in told
    for told in (second, fourth):
        assert "Nothing is decided yet." in told
        assert "|" not in told


@pytest.mark.parametrize("template", ["personas", "aloe", "trees"])
def test_the_tables_of_a_review_are_tables_in_markdown(
    page_of: Any, template: str, personas_review: dict[str, Any], trees_review: dict[str, Any]
) -> None:
    told = page_of(template, trees_review if template == "trees" else personas_review)
    tokens = markdown.parse(told[told.index("## Human review") :].partition("\n## ")[0])
    rows = [token.type for token in tokens]
    assert rows.count("table_open") == (4 if template == "trees" else 2)
    assert not [token.content for token in tokens if token.type == "inline" and token.content.startswith("|")]
