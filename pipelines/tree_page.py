"""`figures/trees.html` of a release: a page of its own, without any request, in which one browses dialogue trees.

Texts of personas and models may hold anything. They stand in the page as JSON inside a script element of a type that
no browser runs, with every character escaped that could end it, and the page's code puts them on screen as text only.
A strict content security policy allows the page's own style and script, by their hash, and nothing else.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import orjson
from markupsafe import Markup

from pipelines.schema import Node, TreeRow

_FOLDER = Path(__file__).with_name("pages")
_NODE = ("id", "parent", "turn", "role", "content", "responder", "label", "continued", "disclosed", "votes", "margin")
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def page(trees: Sequence[TreeRow], *, title: str, total: int, rehearsal: bool) -> bytes:
    """The page as UTF-8. The same trees give the same bytes.

    Args:
        trees: those that can be browsed, in their order.
        title: of the page, such as `i2a trees`.
        total: how many the release holds.
        rehearsal: whether the rehearsal cast made them; the page says so first.
    """
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("trees.css", "trees.js"))
    return (
        _template()
        .render(
            title=title,
            shown=len(trees),
            total=total,
            rehearsal=rehearsal,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            data=Markup(_json([_tree(tree) for tree in trees])),  # noqa: S704 - escaped by _json
            policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "base-uri 'none'; form-action 'none'",
        )
        .encode()
    )


def _tree(tree: TreeRow) -> dict[str, Any]:
    return {
        "id": tree.tree_id,
        "persona": tree.persona_id,
        "facts": tree.facts,
        "traits": tree.traits,
        "nodes": [_node(node) for node in tree.nodes],
    }


def _node(node: Node) -> dict[str, Any]:
    return {name: getattr(node, name) for name in _NODE}


def _json(value: object) -> str:
    """JSON that can stand inside a script element: no character in it can end the element or begin another."""
    return orjson.dumps(value).decode().translate(_ESCAPES)


def _hash(text: str) -> str:
    """As a content security policy names an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), undefined=jinja2.StrictUndefined, autoescape=True
    )
    return environment.get_template("trees.html.jinja2")
