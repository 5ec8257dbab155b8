"""Cards as the Hub and a person read them: a header, and a page in Markdown."""

import json
from typing import Any

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

HOSTILE = [
    "a | b\n| --- | --- |\n| x | y |",
    "```\n# out of the fence\n```````",
    "---\nlicense: other\n---",
    "<script>alert(1)</script> &amp; <!-- ",
    "<!-- versions -->",
    "x\n<!-- /versions -->\n<!-- versions -->\n",
    "**bold** _it_ ~~gone~~ [a](b) ![i](j) $x$ \\( \\| \\` `code`",
    "\u202eright to left\u202c \u200b\ufeff\x00\x1b[31m\x85\u2028",
    "{{ 7 * 7 }}{% raw %}",
    "שלום مرحبا 👩🏽\u200d🚀",
    "x" * 10_000,
    "&" * 10_000,
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=400), st.text(alphabet="`|\\*_<>&[]~$#!-{}\"'\n\r\t ", max_size=60)
)
markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


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


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return [token.content for token in markdown.parse(page) if token.type == "fence" and token.info == language]


def example_row(page: str) -> dict[str, Any]:
    [block] = blocks(page, "json")
    row: dict[str, Any] = json.loads(block)
    return row


def shape(page: str) -> list[str]:
    """What a page is made of, whatever its texts: blocks, cells, headings. Raw HTML stands there as it is."""
    return [token.content.strip() if token.type == "html_block" else token.type for token in markdown.parse(page)]
