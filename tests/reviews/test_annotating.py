"""In a browser, against the real server: what annotators see, and that what they answer is in the rows, exactly."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from pipelines.exports import pairs
from pipelines.records import read_release
from pipelines.reviews.answers import fetch
from pipelines.reviews.client import Server, dataset_name
from pipelines.reviews.pair_records import first, record_id
from pipelines.reviews.pushing import push_personas, push_trees
from pipelines.schema import DroppedRow, PersonaRow, ReviewRow, TreeRow, review_id
from tests.argilla_local.browser import FLAGS, sign_in
from tests.argilla_local.local import ROOT
from tests.pipelines.stage import SMALL, Stage
from tests.pipelines.trees import Exchange, chain
from tests.reviews.releases import ODD, persona, write_personas, write_trees

pytestmark = pytest.mark.slow

ALL_ODD = "\n".join(ODD)
TYPED = ["  a<b & c>d &amp; <i>e</i>", "עברית *x* 🦔", "Two  spaces."]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield started
        started.close()


def review(folder: Path, home: Path, *arguments: str) -> str:
    """The command, as it is given in a folder; what it printed."""
    command = [sys.executable, str(ROOT / "pipelines/review.py"), *arguments, "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def logged_in(browser: Browser, server: Server, name: str, password: str) -> Page:
    """A page of an annotator's own."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    sign_in(page, server.address, name, password)
    return page


def opened(page: Page, repo_id: str) -> Page:
    """The queue of a dataset, with the first question in focus."""
    page.get_by_text(dataset_name(repo_id), exact=True).click()
    page.wait_for_url("**/annotation-mode**")
    page.wait_for_selector("input:focus", state="attached")
    return page


def choose(page: Page, question: str, digit: str) -> None:
    """Presses the digit when the question is in focus."""
    page.wait_for_selector(f"input[id^={question}_]:focus", state="attached")
    page.keyboard.press(digit)


def submit(page: Page) -> None:
    with page.expect_response(lambda response: response.url.endswith("/responses")) as answer:
        page.keyboard.press("Enter")
    assert answer.value.status == 201


def write(page: Page, text: Locator, lines: list[str]) -> None:
    """Instead of what stands there."""
    text.click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    for number, line in enumerate(lines):
        if number:
            page.keyboard.press("Enter")
        page.keyboard.insert_text(line)
    page.keyboard.press("Escape")


def shown(page: Page) -> list[str]:
    """The text fields as one reads them, from the top; the page ends each with a blank line."""
    return [field.inner_text().removesuffix("\n ") for field in page.locator("div.content-area").all()]


def values(rows: list[ReviewRow]) -> list[tuple[str, str, str, str]]:
    return [(row.annotator, row.kind, row.question, row.value) for row in rows]


@pytest.fixture
def odd_persona(server: Server, tmp_path: Path) -> PersonaRow:
    row = persona(0, ODD, ["Plain & simple.", "Says 1 < 2."])
    write_personas(tmp_path / "p", [row], "me/seen")
    push_personas(server, tmp_path / "p", tmp_path, None, None)
    return row


@pytest.fixture
def odd_tree(server: Server, tmp_path: Path) -> TreeRow:
    """Of one pair that is asked about, in the second turn; those of the first are nearly identical."""
    tree = chain([Exchange(ALL_ODD, "Same.", "Same."), Exchange("Last *one*?", ALL_ODD, "A plain <reply>.")], facts=ODD)
    write_trees(tmp_path / "t", [tree], "me/heard")
    push_trees(server, tmp_path / "t", None)
    return tree


def test_a_persona_is_answered_by_keyboard_and_edited_in_its_text(
    browser: Browser, server: Server, odd_persona: PersonaRow
) -> None:
    page = opened(logged_in(browser, server, "anna", server.add_annotator("anna")), "me/seen")
    assert shown(page) == [ALL_ODD, "Plain & simple.\nSays 1 < 2."]
    profile, personality, comment = page.locator("[contenteditable]").all()
    assert profile.inner_text() == ALL_ODD
    assert personality.inner_text() == "Plain & simple.\nSays 1 < 2."
    choose(page, "profile_verdict", "2")
    choose(page, "personality_verdict", "1")
    choose(page, "pairing_verdict", "2")
    choose(page, "reasons", "7")
    page.keyboard.press("1")
    write(page, profile, TYPED)
    write(page, comment, ["<b>Why & so?</b>"])
    submit(page)
    assert page.evaluate("window.hacked") is None
    found = fetch(server, "me/seen", "personas", {})
    assert values(found.rows) == [
        ("a01", "persona", "comment", "<b>Why & so?</b>"),
        ("a01", "persona", "reasons", "contradiction, bad-language"),
        ("a01", "persona", "verdict", "reject"),
        ("a01", "personality", "verdict", "keep"),
        ("a01", "profile", "edit", "\n".join(TYPED)),
        ("a01", "profile", "reasons", "contradiction, bad-language"),
        ("a01", "profile", "verdict", "edit"),
    ]
    assert {row.object_id for row in found.rows} == {
        odd_persona.persona_id,
        odd_persona.profile_id,
        odd_persona.personality_id,
    }
    page.context.close()


def test_a_pair_is_answered_by_two_people_at_once(browser: Browser, server: Server, odd_tree: TreeRow) -> None:
    pair = list(pairs(odd_tree))[1]
    name = f"{odd_tree.tree_id}/{pair.user.id}"
    one, other = (logged_in(browser, server, who, server.add_annotator(who)) for who in ("bea", "carl"))
    for page in (one, other):
        opened(page, "me/heard")
    replies = {"tailored": pair.tailored.content, "generic": pair.generic.content}
    stood = first(name)
    person = f"{odd_tree.profile}\n\n{odd_tree.personality}"
    for page in (one, other):
        assert shown(page) == [person, replies[stood], *(text for who, text in replies.items() if who != stood)]
        said = [bubble.inner_text() for bubble in page.locator(".chat__bubble").all()]
        assert said == [ALL_ODD, "Same.", "Last *one*?"]
    choose(one, "preference", "2")
    choose(other, "preference", "3")
    choose(one, "in_character", "1")
    choose(other, "in_character", "2")
    choose(one, "undisclosed", "2")
    choose(other, "undisclosed", "1")
    write(one, one.locator("[contenteditable]"), ["A <comment>."])
    submit(one)
    submit(other)
    found = fetch(server, "me/heard", "trees", {})
    second = {"tailored": "generic", "generic": "tailored"}[stood]
    assert values(found.rows) == [
        ("a01", "pair", "comment", "A <comment>."),
        ("a01", "pair", "in-character", "yes"),
        ("a01", "pair", "preference", second),
        ("a01", "pair", "undisclosed", stood),
        ("a02", "pair", "in-character", "no"),
        ("a02", "pair", "preference", "no-difference"),
        ("a02", "pair", "undisclosed", "neither"),
    ]
    assert {(row.review_id, row.object_id, row.first, row.sample) for row in found.rows} == {
        (review_id(record_id(odd_tree, pair)), name, stood, "random")
    }
    assert found.min_submitted == 2
    for page in (one, other):
        page.context.close()


def test_an_answer_given_in_the_page_is_in_the_data(
    browser: Browser, server: Server, home: Path, tmp_path: Path
) -> None:
    """The whole way by the commands: a release, a review of it, and the release that goes by the review."""
    Stage(tmp_path, "", [*SMALL, "--embedder", "lexical"]).run(cast=False)
    Stage(tmp_path, "", ["--trees", "3", "--turns", "2"], name="trees").run(cast=False)
    for what in ("personas", "trees"):
        review(tmp_path, home, "push", what, "--sample", "1")
    password = re.search(r"once: (\S+)", review(tmp_path, home, "annotator", "dora"))
    assert password is not None
    page = opened(logged_in(browser, server, "dora", password[1]), "i2a/personas")
    for question, digit in (("profile_verdict", "3"), ("personality_verdict", "1"), ("pairing_verdict", "1")):
        choose(page, question, digit)
    choose(page, "reasons", "5")
    submit(page)
    page.goto(f"{server.address}/")
    opened(page, "i2a/trees")
    for question, digit in (("preference", "1"), ("in_character", "1"), ("undisclosed", "1")):
        choose(page, question, digit)
    submit(page)
    page.context.close()

    review(tmp_path, home, "collect", "trees")
    review(tmp_path, home, "collect", "personas")
    of_persona, of_pair = (
        read_release(tmp_path / "i2a" / what, "reviews", ReviewRow)["train"] for what in ("personas", "trees")
    )
    said = {(row.kind, row.question): row for row in of_persona}
    assert {where: row.value for where, row in said.items()} == {
        ("persona", "verdict"): "keep",
        ("personality", "verdict"): "keep",
        ("profile", "verdict"): "reject",
        ("profile", "reasons"): "too-vague",
    }
    assert [(row.question, row.value) for row in of_pair] == [
        ("in-character", "yes"),
        ("preference", of_pair[0].first),
        ("undisclosed", "neither"),
    ]
    profile = said["profile", "verdict"].object_id
    personas = read_release(tmp_path / "i2a/personas", "personas", PersonaRow)
    assert profile not in {row.profile_id for rows in personas.values() for row in rows}
    dropped = read_release(tmp_path / "i2a/personas", "dropped", DroppedRow)["train"]
    assert [row.reason for row in dropped if row.id == profile] == ["review:too-vague"]
