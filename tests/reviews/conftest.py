"""A server for the session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.reviews.client import Server, connect
from tests.argilla_local.fixtures import argilla
from tests.argilla_local.local import Running

__all__ = ["argilla"]


@pytest.fixture
def home(argilla: Running, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The running server's, with nothing else named."""
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    monkeypatch.delenv("ARGILLA_API_KEY", raising=False)
    return argilla.home


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    connected = connect(home)
    yield connected
    connected.argilla.http_client.close()
