"""One local server for a whole test session; a folder's conftest.py imports the fixture."""

from collections.abc import Iterator

import pytest

from tests.argilla_local.local import Running, running


@pytest.fixture(scope="session")
def argilla(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that answers; tests share it, so each makes datasets of its own."""
    with running(tmp_path_factory.mktemp("argilla") / "home") as server:
        yield server
