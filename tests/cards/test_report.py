"""The report: everything on one page, whatever the texts hold."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.figures import Figure
from cards.report import EXAMPLES, LONGEST, report, visible

HOSTILE = (
    "<script>alert(1)</script></style><img src=x onerror=alert(1)> \"'&amp; **bold** | `x` {{ 7 * 7 }} {% raw %} "
    "\u202eabc\u202c \u2028 \x00\x1b[31m \ud800 مرحبا"
)
PICTURE = Figure("map", "A map", "What is to be seen.", b"\x89PNG...")
VOID = {"meta", "img"}


class Page(HTMLParser):
    """Elements with their attributes, and the text that a reader sees; fails where tags don't nest."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text, self.style = "", ""
        self.feed(page.decode())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.style += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def row(**fields: Any) -> dict[str, Any]:
    nothing = {"kind": "profile", "id": "pr-1", "reason": "surplus", "detail": "", "nearest_id": None, "nearest": None}
    return {**nothing, "content": "Keeps two hens.", **fields}


def page_of(**changed: Any) -> Page:
    given: dict[str, Any] = {"title": "i2a personas", "rehearsal": False, "counts": {}, "figures": [], "dropped": []}
    return Page(report(**{**given, **changed}))


def structure(page: Page) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attributes)) for tag, attributes in page.elements]


def test_a_page_of_nothing_says_that_nothing_was_dropped() -> None:
    page = page_of()
    assert "i2a personas: report" in " ".join(page.text.split())
    assert "Nothing." in page.text
    assert not page.all("img")
    assert not page.all("table")
    assert "Rehearsal" not in page.text


def test_rehearsal_data_says_so_before_anything_else() -> None:
    banner = page_of(rehearsal=True).text.split("report")[1].strip()
    assert banner.startswith("Rehearsal data.")
    assert "Do not train or evaluate a model on it." in banner


def test_rows_are_counted_by_config_and_split_and_a_split_that_a_config_lacks_is_a_dash() -> None:
    page = page_of(counts={"profiles": {"train": 1200, "test": 0}, "dropped": {"train": 7}, "aloe": {"heldout": 3}})
    lines = [line for line in page.text.splitlines() if line]
    assert lines[lines.index("rowstraintestheldout") :][:4] == [
        "rowstraintestheldout",
        "profiles1,2000-",
        "dropped7--",
        "aloe--3",
    ]


def test_figures_stand_with_their_captions() -> None:
    page = page_of(figures=[PICTURE])
    assert "What is to be seen." in page.text
    (image,) = page.all("img")
    assert image["src"] == "data:image/png;base64," + base64.b64encode(PICTURE.png).decode()
    assert image["alt"] == "A map. What is to be seen."


def test_drops_are_counted_by_kind_and_reason_with_a_few_examples_of_each() -> None:
    dropped = [row(id=f"pr-{n}", content=f"Keeps {n} hens.") for n in range(1200)]
    near = row(reason="near-duplicate", nearest_id="pr-9", nearest=0.91234, detail="its detail")
    page = page_of(dropped=iter([*dropped, near]), texts={"pr-9": "Keeps nine hens."})
    cells = " ".join(page.text.split())
    assert "profilesurplusnot needed1,200" in cells
    assert "all1,201" in cells
    assert "the first 3 of 1,200" in cells
    assert len(page.all("article")) == EXAMPLES + 1
    assert "nearest, cosine 0.912: pr-9 Keeps nine hens." in cells
    assert "its detail" in cells


def test_within_a_kind_the_commonest_reason_comes_first() -> None:
    reasons = ["a-rare", "z-common", "z-common", "b-rare"]
    dropped = [row(reason=reason) for reason in reasons] + [row(kind="persona", reason="most")] * 2 + [row(kind="x")]
    heads = re.findall("(persona|profile|x): ([a-z-]+)", page_of(dropped=dropped).text)
    assert heads == [
        ("persona", "most"),
        ("profile", "z-common"),
        ("profile", "a-rare"),
        ("profile", "b-rare"),
        ("x", "surplus"),
    ]


def test_hostile_texts_add_no_element_and_no_attribute() -> None:
    def pages() -> Iterator[Page]:
        for text in ("plain", HOSTILE, HOSTILE * 200):
            figure = Figure(text, text, text, b"png")
            fields = row(**dict.fromkeys(("kind", "id", "reason", "detail", "content"), text), nearest_id=text)
            yield page_of(
                title=text,
                counts={text: {text: 7}},
                figures=[figure],
                dropped=[fields],
                texts={text: text},
                rehearsal=True,
            )

    calm, hostile, long = pages()
    assert structure(hostile) == structure(calm) == structure(long)
    assert "<script>alert(1)</script></style><img src=x onerror=alert(1)>" in hostile.text
    assert "{{ 7 * 7 }} {% raw %} \\u202eabc\\u202c \\u2028 \\u0000\\u001b[31m \\ud800 مرحبا" in hostile.text
    assert f"… ({len(HOSTILE) * 200:,} characters)" in long.text
    assert len(long.text) < 30 * LONGEST


@given(st.text())
def test_any_text_becomes_a_page_that_can_be_read(text: str) -> None:
    page = page_of(title=text, counts={text: {text: 7}}, dropped=[row(id=text, content=text, nearest_id=text or None)])
    assert not re.search("[\x00\u202a-\u202e\u2066-\u2069]", page.text)


@pytest.mark.parametrize(
    ("char", "written"),
    [
        ("\u200b", "\\u200b"),
        ("\u061c", "\\u061c"),
        ("\u2060", "\\u2060"),
        ("\u00ad", "\\u00ad"),
        ("\U000e0041", "\\U000e0041"),
        ("\u2028", "\\u2028"),
        ("\t", "\\u0009"),
        ("\ud800", "\\ud800"),
        ("\n", "\n"),
        ("é", "é"),
        ("🙃", "🙃"),
    ],
)
def test_a_character_that_can_not_be_seen_is_written_out(char: str, written: str) -> None:
    assert visible(f"a{char}b") == f"a{written}b"


def test_texts_from_outside_keep_their_direction_to_themselves() -> None:
    page = page_of(dropped=[row(content="مرحبا", detail="x")])
    assert all(attributes.get("dir") == "auto" for attributes in page.all("bdi"))
    assert {"dir": "auto", "class": "text"} in page.all("p")


def test_the_policy_allows_the_pages_own_style_and_pictures_alone() -> None:
    page = page_of(figures=[PICTURE], counts={"a": {"b": 1}}, dropped=[row()])
    (policy,) = (one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not page.all("script")
    assert not page.all("link")
    assert not any("style" in attributes or "onclick" in attributes for _, attributes in page.elements)
    assert not re.search(r"url\(|@import|https?:", page.style)


def test_the_same_input_gives_the_same_bytes() -> None:
    given: dict[str, Any] = {"rehearsal": True, "counts": {"a": {"b": 1}}, "figures": [PICTURE], "dropped": [row()] * 5}
    assert report("t", **given) == report("t", **given)
