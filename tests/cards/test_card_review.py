"""What a card tells of a review: how much was reviewed, how that was chosen, what was decided, how far people agree."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cards.card import render
from cards.data import write
from pipelines.records import documentation
from pipelines.reviews.agreement import Judged, pair_figures, persona_figures
from pipelines.schema import KtoRow, Node, PreferenceRow, ReviewRow, SftRow, review_id
from tests.cards.conftest import Tables, configs_of
from tests.cards.reading import header_and_page, markdown
from tests.reviews.test_agreement import answer, verdict

OF = {
    kind: [f"{prefix}-{number}" for number in range(count)]
    for kind, prefix, count in (("profile", "pr", 340), ("personality", "pe", 133), ("persona", "p", 3310))
}


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
    judged = {review_id(f"t-{n}/0"): Judged(None if n == 9 else "tailored", 0.05 * n, f"t-{n}") for n in range(10)}
    figures = pair_figures(pair_answers(), 2, judged, of=2970)
    return {**figures, "done": {"review:other-preferred": 2, "joined": 1}}


@pytest.fixture
def page_of(tmp_path: Path, tables: Tables, facts_of: dict[str, dict[str, Any]]) -> Any:
    """(template, review) -> the page of its card."""

    def page(template: str, review: Mapping[str, Any] | None) -> str:
        written = [write(config, tmp_path) for config in configs_of(tables)]
        return header_and_page(render("i2a/people", written, template, {**facts_of[template], "review": review}))[1]

    return page


def test_the_header_says_that_people_annotated(
    tmp_path: Path, tables: Tables, facts_of: dict[str, dict[str, Any]], trees_review: dict[str, Any]
) -> None:
    written = [write(config, tmp_path) for config in configs_of(tables)]
    for review, said in ((None, ["machine-generated"]), (trees_review, ["machine-generated", "other"])):
        page = render("i2a/people", written, "trees", {**facts_of["trees"], "review": review})
        assert header_and_page(page)[0]["annotations_creators"] == said


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
        "Every answer is a row of the config `reviews`, 10 in all. The answer that most give decides; a tie ",
        "A cover, which is as few personas as it takes to show each text once: 3 of these.",
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
    assert "Drawn at random: 2. Chosen where an answer helps most (near to another text, or of a rare kind): 1." in told
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
        "Only what 2 people or more have answered counts: 10 of them. The answer that most give decides; a tie changes",
        "Drawn at random: 10. Chosen where an answer helps most (the judge undecided, the margin small, or the case ",
        "| which reply this person would prefer | tailored | 7 | 70.0% | 39.7% to 89.2% |",
        "| is the user in character | yes | 9 | 100.0% | 70.1% to 100.0% |",
        "| review:other-preferred | 2 |",
        "| joined | 1 |",
        "| which reply this person would prefer | 1.00 | - | 10 |",
        "On 8 of the random pairs people and the judge both prefer a reply: **the same one in 75.0%** (95% interval ",
        "Cohen's kappa, which is 0 where chance would do as well, is 0.50 (95% interval ",
        "| 0 to 0.1 | 2 | 0.0% | 0.0% to 65.8% | -1.00 | -1.00 to 0.00 |",
        "| 0.4 to 1 | 0 | - | - | - | - |",
        "people see no difference (1), people are tied (0), the judge left it undecided (1).",
        "the tailored reply uses what was not yet shown in 20.0% of the pairs (95% interval 5.7% to 51.0%)",
        "Of all preferences (18), 55.6% are for the reply that was shown first",
    ):
        assert line in told
    assert "1 is full agreement, 0 what chance gives" in told


UNCHANGED = (
    "replies, and their order gives the label. The method",
    "a judge-model's, by written rules; only pairs on which all its votes agree. -",
    "**Labels are rules, not people.** The judge",
    "Why pairs are undecided: |",
    "over the widest one possible: |",
    "fits this person, by these rules; `responder`",
)
CHANGED = (
    "replies, and their order gives the label, unless people decided otherwise. The method",
    "only pairs on which all its votes agree, less 3 that people took out, plus 1 that people decided. -",
    "**Labels are rules, not people, except on 1 pair.** The judge",
    "One that they contradict or find fault with becomes undecided: 3 so far.",
    "decided when they prefer a reply and find nothing wrong with it: 1 so far. |",
    "Why pairs are undecided; a reason that begins with `review:` is people's: |",
    "over the widest one possible, which is the judge's also where people decided (0 after a tie): |",
    "fits this person, by these rules or by what people said; `responder`",
)


def test_the_card_of_trees_says_who_gave_the_labels(page_of: Any, trees_review: dict[str, Any]) -> None:
    done = {"review:other-preferred": 2, "review:undisclosed": 1, "joined": 1}
    untouched = " ".join(page_of("trees", None).split())
    changed = " ".join(page_of("trees", {**trees_review, "done": done}).split())
    for line in UNCHANGED:
        assert line in untouched
        assert line not in changed
    for line in CHANGED:
        assert line in changed
        assert line not in untouched
    assert "last word" not in untouched


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ({"joined": 0}, "all its votes agree."),
        ({"joined": 1200}, "all its votes agree, plus 1,200 that people decided."),
        ({"joined": 0, "review:no-difference": 1}, "all its votes agree, less 1 that people took out."),
    ],
)
def test_labels_are_as_much_people_s_as_people_changed(
    page_of: Any, trees_review: dict[str, Any], done: dict[str, int], said: str
) -> None:
    page = page_of("trees", {**trees_review, "done": done})
    assert f"only pairs on which {said}\n" in page
    assert ("except on 1,200 pairs" in page) is ("not people, except" in page) is (done["joined"] > 0)
    assert ("is people's" in page) is ("review:no-difference" in done)
    assert "| joined | 0 |" not in page


def test_what_nobody_has_answered_often_enough_changes_no_label(page_of: Any) -> None:
    review = pair_figures([answer("t-0/0", "generic")], 2, {}, of=1)
    page = page_of("trees", {**review, "done": {"joined": 0}})
    assert "last word" not in page
    assert "only pairs on which all its votes agree.\n" in page


def test_who_wrote_an_edited_text_and_what_became_of_the_old_one_is_told_where_one_was_edited(page_of: Any) -> None:
    edited = page_of("personas", persona_figures([verdict("pr-0", "edit", record="p-0")], 1, OF))
    assert "12 personalities, and what reviewers edited: its taste" in edited
    assert "`replaces` has the old one" in edited
    rejected = page_of("personas", persona_figures([verdict("pr-0", "reject", record="p-0")], 1, OF))
    assert "stands in `dropped`" in rejected
    kept = page_of("personas", persona_figures([verdict("pr-0", "keep", record="p-0")], 1, OF))
    assert "stands in `dropped`" not in kept
    for page in (rejected, kept):
        assert "12 personalities: its taste" in page
        assert "`replaces` has the old one" not in page


def test_one_is_told_as_one(page_of: Any) -> None:
    judged = {review_id("t-0/0"): Judged("tailored", 0.3, "t-0")}
    pair = pair_figures([answer("t-0/0", "tailored")], 1, judged, of=1)
    told = section(page_of("trees", {**pair, "done": {"joined": 0}}))
    assert "One person looked at 1 pair of replies in" in told
    assert "One person looked at 1 persona in" in section(
        page_of("personas", persona_figures(persona_answers()[:1], 1, OF))
    )
    assert not re.search(r"\b1 (?!of )\w+s\b|\b1 (are|were)\b", told.replace("|", " "))


def test_a_card_of_trees_leaves_the_review_of_their_personas_to_these(
    page_of: Any, personas_review: dict[str, Any], trees_review: dict[str, Any]
) -> None:
    for review in (None, trees_review):
        page = " ".join(page_of("trees", review).split())
        assert "is in the texts; the card of `i2a/personas` says whether people reviewed them." in page
        assert "nobody has checked them" not in page
    assert "nobody has checked them for it" in " ".join(page_of("personas", None).split())


@pytest.mark.parametrize("template", ["personas", "trees"])
def test_a_card_is_the_same_from_a_manifest_whose_keys_are_sorted(
    page_of: Any, template: str, personas_review: dict[str, Any], trees_review: dict[str, Any]
) -> None:
    review = personas_review if template == "personas" else {**trees_review, "done": {"joined": 1}}
    assert page_of(template, json.loads(json.dumps(review, sort_keys=True))) == page_of(template, review)


def test_the_columns_say_whose_the_margin_and_the_label_are() -> None:
    for record in (Node, PreferenceRow, SftRow, KtoRow):
        assert "over the judge's votes, also where people decided, divided by 9" in documentation(record)["margin"]
    assert "by the judge's votes, or by people who decided otherwise" in documentation(Node)["label"]


def test_what_is_not_defined_is_left_out_or_a_dash(page_of: Any) -> None:
    judged = {review_id("t-0/0"): Judged("tailored", 0.3, "t-0")}
    one = pair_figures([answer("t-0/0", "tailored")], 1, judged, of=1)
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
