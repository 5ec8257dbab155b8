"""The owner's credentials, in the server's folder: `credentials.json`, which the other commands read."""

import json
import secrets
from pathlib import Path
from typing import NamedTuple

from pipelines.errors import UserError

FILE = "credentials.json"


class Credentials(NamedTuple):
    """What logs in: a person with name and password, a program with the key."""

    api_url: str
    username: str
    password: str
    api_key: str

    @classmethod
    def random(cls, api_url: str) -> "Credentials":
        """New ones."""
        return cls(api_url, "owner", secrets.token_urlsafe(18), secrets.token_urlsafe(32))


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
    """Writes them for the owner's eyes only; a kill leaves the old ones or the new ones."""
    part = home / (FILE + ".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(credentials._asdict(), indent=1) + "\n")
    part.replace(home / FILE)
