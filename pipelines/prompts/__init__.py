"""The prompts, one .jinja2 file a role and task; what varies in them stands in tags.

>>> render("pair", facts=["Lives alone."], traits=["Asks why."]).splitlines()[0]
'<task>pair</task>'
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent


def render(name: str, **variables: Any) -> str:  # noqa: ANN401 - whatever the template asks for
    """The prompt `name` with its variables filled in; a variable that is missing raises jinja2.UndefinedError."""
    return _environment().get_template(f"{name}.jinja2").render(**variables).strip()


def prompt_hashes(names: list[str]) -> dict[str, str]:
    """Name -> the first 12 hex digits of SHA-256 over the prompt's file, for the manifest."""
    return {name: hashlib.sha256((_FOLDER / f"{name}.jinja2").read_bytes()).hexdigest()[:12] for name in names}


@cache
def _environment() -> Environment:
    # no autoescape: a prompt is plain text, and what is put into it must reach the model unchanged
    # no reload: what a run sends must not change while it goes on
    loader = FileSystemLoader(_FOLDER)
    return Environment(loader=loader, undefined=StrictUndefined, autoescape=False, auto_reload=False)  # noqa: S701 - as said
