"""Looks for secrets in what is about to be published: tokens of known shapes, and the values of this machine's own.

>>> scan_bytes(b"my key is hf_" + b"a" * 34, known_secrets({}))
'a Hugging Face token'
"""

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

# As their issuers document them, and so long that no prose has them. RE2 reads these too: no look-around.
SHAPES = {
    "a Hugging Face token": r"\b(hf|api_org)_[A-Za-z0-9]{30,}",
    "an OpenAI or Anthropic key": r"\bsk-[A-Za-z0-9_-]{24,}",
    "an AWS key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{35}",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a private key": r"-----BEGIN ([A-Z]+ )*PRIVATE KEY( BLOCK)?-----",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
}
_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.IGNORECASE)
_SHORTEST = 12  # characters of a value that is taken for a secret; a shorter one could stand anywhere by chance


def known_secrets(environment: Mapping[str, str], token: str | None = None) -> dict[str, str]:
    """What to look for, and how to call it: the shapes, the values of variables named like secrets, the Hub's token."""
    values = {f"the value of {name}": value for name, value in environment.items() if _SECRET_NAME.search(name)}
    values |= {"the token of the Hub": token} if token else {}
    return SHAPES | {name: _as_written(value.strip()) for name, value in values.items() if len(value) >= _SHORTEST}


def _as_written(value: str) -> str:
    """A value as it stands in rows, in HTML and in Markdown."""
    value = value.encode(errors="ignore").decode()  # bytes that are no text can't stand in a text
    return "|".join(re.escape(one) for one in dict.fromkeys([value, html.escape(value), value.replace("\\", "")]))


def scan(content: Path | bytes, name: str, secrets: Mapping[str, str]) -> str | None:
    """What secret stands in a file, and where; None if none. Of a Parquet file, every text is looked at."""
    if isinstance(content, bytes):
        return scan_bytes(content, secrets)
    if not name.endswith(".parquet"):
        return scan_bytes(content.read_bytes(), secrets)
    import pyarrow.parquet as pq

    with pq.ParquetFile(content) as file:
        before = 0
        for batch in file.iter_batches():
            for column, array in zip(batch.schema.names, batch.columns, strict=True):
                if found := _in_texts(array, secrets):
                    return f"{found}, in the column {column!r} among the rows {before} to {before + batch.num_rows - 1}"
            before += batch.num_rows
    return None


def scan_bytes(content: bytes, secrets: Mapping[str, str]) -> str | None:
    """What secret stands in a text or picture; None if none. Markdown may have backslashes in the middle of one."""
    plain = content.replace(b"\\", b"")
    return next((name for name, shape in secrets.items() if re.search(shape.encode(), plain)), None)


def _in_texts(array: "pa.Array", secrets: Mapping[str, str]) -> str | None:
    import pyarrow.compute as pc

    any_of = "|".join(f"({shape})" for shape in secrets.values())
    for texts in _texts(array):
        if pc.any(pc.match_substring_regex(texts, any_of)).as_py():
            for name, shape in secrets.items():
                if pc.any(pc.match_substring_regex(texts, shape)).as_py():
                    return name
    return None


def _texts(array: "pa.Array") -> Iterator["pa.Array"]:
    """Every array of texts in a column, however deep it is nested."""
    import pyarrow as pa

    kind = array.type
    if any(is_text(kind) for is_text in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
        yield array
    elif pa.types.is_dictionary(kind):
        yield from _texts(array.dictionary)
    elif pa.types.is_map(kind):
        yield from _texts(array.keys)
        yield from _texts(array.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _texts(array.flatten())
    elif pa.types.is_struct(kind):
        for part in array.flatten():
            yield from _texts(part)
    elif not pa.types.is_primitive(kind) and not pa.types.is_null(kind):
        raise TypeError(f"no release has columns of the type {kind}, and this one can't be looked through for secrets")
