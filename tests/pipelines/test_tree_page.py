"""The page of a release in which one browses trees: whole, inert, and the same each time."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given

from pipelines.schema import TreeRow
from pipelines.tree_page import page
from tests.pipelines.trees import grow, texts, with_node

HOSTILE = (
    "<script>document.title='pwned'</script></script><!-- <img src=x onerror=\"document.title='pwned'\"> "
    "</style> & \" ' \u2028\u2029 \u202eabc\u202c 🧑‍🚀 é\u0301\u0301 {{ 7 * 7 }}"
)


class Elements(HTMLParser):
    """Every element of a page, with its attributes and what stands in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, attributes = self.found[-1]
            key = tag + (attributes.get("type") or "")
            self.inside[key] = self.inside.get(key, "") + data


def hostile_tree() -> TreeRow:
    tree = with_node(with_node(grow(), 0, content=HOSTILE), 1, content=HOSTILE * 200)
    return replace(tree, facts=[HOSTILE, *tree.facts[1:]], tree_id="t-0123456789ab")


def parsed(trees: list[TreeRow], total: int = 3310, *, rehearsal: bool = False) -> tuple[Elements, str]:
    html = page(trees, title="i2a trees", total=total, rehearsal=rehearsal).decode()
    return Elements(html), html


def test_the_data_comes_through_whole_and_opens_no_element() -> None:
    trees = [grow(), hostile_tree()]
    elements, html = parsed(trees)
    assert [tag for tag, _ in elements.found].count("script") == 2
    assert not {"img", "iframe", "link", "object"} & {tag for tag, _ in elements.found}
    data = json.loads(elements.inside["scriptapplication/json"])
    assert [tree["id"] for tree in data] == [tree.tree_id for tree in trees]
    assert data[1]["facts"][0] == data[1]["nodes"][0]["content"] == HOSTILE
    assert [node["disclosed"] for node in data[0]["nodes"]] == [node.disclosed for node in trees[0].nodes]
    assert "49" not in re.findall(r"<title>.*</title>", html)[0]


@given(text=texts)
def test_any_text_comes_through(text: str) -> None:
    elements, _ = parsed([with_node(grow(turns=1), 0, content=text)])
    assert json.loads(elements.inside["scriptapplication/json"])[0]["nodes"][0]["content"] == text
    assert [tag for tag, _ in elements.found].count("script") == 2


def test_the_policy_allows_its_own_style_and_script_and_nothing_else() -> None:
    elements, html = parsed([grow()])
    (policy,) = (
        attributes["content"]
        for tag, attributes in elements.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    for tag, name in (("style", "style-src"), ("script", "script-src")):
        text = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert parts[name] == f"'sha256-{digest}'"
    assert "http://" not in html
    assert "https://" not in html


def test_the_same_trees_give_the_same_bytes_and_the_page_says_how_many_and_of_what() -> None:
    trees = [grow()]
    assert page(trees, title="a/b", total=7, rehearsal=True) == page(trees, title="a/b", total=7, rehearsal=True)
    assert "1 of 7 dialogue trees" in parsed(trees, total=7)[1]
    assert "Rehearsal data." in parsed(trees, rehearsal=True)[1]
    assert "Rehearsal data." not in parsed(trees)[1]


def test_sixty_trees_of_ten_turns_stay_under_two_megabytes() -> None:
    trees = [with_node(grow(turns=10), 1, content="word " * 60) for _ in range(60)]
    assert len(parsed(trees)[1]) < 2_000_000


@pytest.mark.slow
def test_a_browser_shows_the_dialogue_and_runs_nothing_of_what_stands_in_it(tmp_path: Path) -> None:
    path = tmp_path / "trees.html"
    path.write_bytes(page([hostile_tree(), grow(turns=2)], title="i2a trees", total=2, rehearsal=True))
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is missing: `make test` installs it on Debian (apt-get install chromium)"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update"]  # fmt: skip
    shown = subprocess.run(
        [chromium, *flags, f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom",
         f"{path.as_uri()}#t-0123456789ab"],
        capture_output=True, check=True, timeout=60,
    ).stdout.decode()  # fmt: skip
    body = shown.partition('<section id="middle"')[2].partition("</aside>")[0]
    assert body.count('class="reply') == 6  # three turns
    assert "&lt;script&gt;document.title='pwned'" in body
    assert "<title>i2a trees: dialogue trees</title>" in shown
    assert "<img" not in shown
    assert "by turn 1: 1 of 5 facts, 0 of 5 traits shown" in body
