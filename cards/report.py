"""`report.html` of a release: its figures and what was dropped, on one page that asks nothing of any network.

Texts of personas and models may hold anything. The template escapes each, in an element of its own that keeps its
direction to itself; characters that a reader can't see are written out; and a strict content security policy allows
the page's own style and pictures and nothing else, no script at all.
"""

import base64
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import jinja2

from cards.figures import Figure

EXAMPLES = 3  # of a reason
LONGEST = 500  # characters of a text

# Controls but for tab and newline, bidirectional embeddings and overrides, separators, and halves of a character.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def report(
    title: str,
    *,
    rehearsal: bool,
    facts: Sequence[tuple[str, object]],
    figures: Sequence[Figure],
    dropped: Iterable[Mapping[str, Any]],
    texts: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """The page as UTF-8; the same input gives the same bytes. Of what was dropped, memory holds counts and examples.

    Args:
        title: of the page, such as `i2a/personas`.
        rehearsal: whether the rehearsal cast made the data; the page says so first.
        facts: names and values, shown at the top.
        figures: in their order.
        dropped: rows with `kind`, `id`, `reason`, `detail`, `nearest_id`, `nearest` and `content`; read once.
        texts: id -> text, of what `nearest_id` may name.
    """
    counts = Counter[tuple[str, str]]()
    examples: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in dropped:
        reason = row["kind"], row["reason"]
        counts[reason] += 1
        if len(examples[reason]) < EXAMPLES:
            examples[reason].append({**row, "nearest_text": texts.get(row["nearest_id"] or "", "")})
    page = _template().render(
        title=title,
        rehearsal=rehearsal,
        facts=facts,
        figures=figures,
        total=counts.total(),
        dropped=[
            {"kind": kind, "reason": reason, "count": count, "examples": examples[kind, reason]}
            for (kind, reason), count in sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
        ],
    )
    return page.encode()


def visible(text: object) -> str:
    r"""Any text at a length for a page, with what can't be seen in it written out.

    >>> print(visible("abc\u202edef"))
    abc\u202edef
    """
    whole = str(text)
    short = whole if len(whole) <= LONGEST else f"{whole[:LONGEST]} … ({len(whole):,} characters)"
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", short)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cards"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["sha256"] = lambda style: base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.filters["uri"] = lambda png: "data:image/png;base64," + base64.b64encode(png).decode()
    return environment.get_template("report.html.jinja2")
