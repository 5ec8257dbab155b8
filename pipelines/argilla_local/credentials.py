"""The owner's credentials, in the server's folder: `credentials.json`, which the other commands read."""

import json
import secrets
from pathlib import Path
from typing import NamedTuple

from pipelines.errors import UserError

FILE = "credentials.json"
WORKSPACE = "review"  # on the server, that of reviewers
OWNER = "owner"


class Credentials(NamedTuple):
    """What logs in: a person with name and password, a program with the key."""

    api_url: str
    username: str
    password: str
    api_key: str

    @classmethod
    def random(cls, api_url: str) -> "Credentials":
        """New ones."""
        return cls(api_url, OWNER, secrets.token_urlsafe(18), secrets.token_urlsafe(32))


def read(home: Path) -> Credentials | None:
    """Those of a folder; None if it has none.

    Raises:
        UserError: the file is no such thing.
    """
    file = home / FILE
    if not file.exists():
        return None
    try:
        return Credentials(**json.loads(file.read_bytes()))
    except (ValueError, TypeError) as error:
        raise UserError(f"{file} can't be read: delete it, and `serve` makes new ones") from error


def write(home: Path, credentials: Credentials) -> None:
    """Writes them, for their owner's eyes only."""
    replace(home / FILE, json.dumps(credentials._asdict(), indent=1) + "\n")


def replace(file: Path, text: str) -> None:
    """Writes a private file; a kill leaves the old one or the new one, and never a part."""
    part = file.with_name(file.name + ".part")
    part.touch(mode=0o600)
    part.write_text(text)
    part.replace(file)
