"""`report.html` of a release: its figures and what was dropped, on one page that asks nothing of any network.

Texts of personas and models may hold anything. The template escapes each, in an element of its own that keeps its
direction to itself; characters that a reader can't see are written out; and a strict content security policy allows
the page's own style and pictures and nothing else, no script at all.
"""

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import jinja2

from cards.figures import Figure
from cards.texts import unseen

EXAMPLES = 3  # of a reason
LONGEST = 500  # characters of a text

REASONS = {
    "near-duplicate": "too like a text that was there before",
    "near-training": "held out, but too like a training text",
    "surplus": "not needed",
    "contradiction": "profile and personality do not fit each other",
    "tie": "every vote scored both replies the same",
    "votes-differ": "the votes do not agree",
    "near-identical": "the two replies are the same to a reader",
    "unjudged": "some votes could not be read",
}
"""What a reason means, where its name alone does not tell."""


def report(
    title: str,
    *,
    rehearsal: bool,
    counts: Mapping[str, Mapping[str, int]],
    figures: Sequence[Figure],
    dropped: Iterable[Mapping[str, Any]],
    texts: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """The page as UTF-8; the same input gives the same bytes. Of what was dropped, memory holds counts and examples.

    Args:
        title: of the page: the dataset's name for people, since its name on the Hub may change with a push.
        rehearsal: whether the rehearsal cast made the data; the page says so first.
        counts: config -> split -> rows, shown at the top.
        figures: in their order.
        dropped: rows with `kind`, `id`, `reason`, `detail`, `nearest_id`, `nearest` and `content`; read once.
        texts: id -> text, of what `nearest_id` may name.
    """
    drops = Counter[tuple[str, str]]()
    examples: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in dropped:
        reason = row["kind"], row["reason"]
        drops[reason] += 1
        if len(examples[reason]) < EXAMPLES:
            examples[reason].append({**row, "nearest_text": texts.get(row["nearest_id"] or "", "")})
    page = _template().render(
        title=title,
        rehearsal=rehearsal,
        counts=counts,
        splits=list(dict.fromkeys(split for of in counts.values() for split in of)),
        figures=figures,
        total=drops.total(),
        dropped=[
            {
                "kind": kind,
                "reason": reason,
                "gloss": REASONS.get(reason, ""),
                "count": count,
                "examples": examples[kind, reason],
            }
            for (kind, reason), count in sorted(drops.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
        ],
    )
    return page.encode()


def visible(text: object) -> str:
    r"""Any text at a length for a page, with what can't be seen in it written out, but for the ends of lines.

    >>> print(visible("abc\u202edef"))
    abc\u202edef
    """
    whole = str(text)
    short = whole if len(whole) <= LONGEST else f"{whole[:LONGEST]} … ({len(whole):,} characters)"
    return "".join(_escape(char) if char != "\n" and unseen(char) else char for char in short)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 2**16 else f"\\U{code:08x}"


def _template() -> jinja2.Template:
    return environment("cards").get_template("report.html.jinja2")


def environment(package: str) -> jinja2.Environment:
    """For the pages in a package's `templates`: everything escaped, a missing variable an error, and the filters
    `visible`, `sha256` (of a style, for the policy) and `uri` (of a PNG).
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["visible"] = visible
    made.filters["sha256"] = lambda style: base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    made.filters["uri"] = lambda png: "data:image/png;base64," + base64.b64encode(png).decode()
    return made
