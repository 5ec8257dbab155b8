"""What every test that runs Inspect in this process needs."""

import gc
import importlib.metadata
from collections.abc import Iterator
from functools import cache

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Lets pass what Inspect does that its newer dependencies warn of; its streams are collected in any later test."""
    config.addinivalue_line("filterwarnings", "ignore:The 'initial' parameter is deprecated:DeprecationWarning")
    config.addinivalue_line("filterwarnings", "ignore:Unclosed <MemoryObjectReceiveStream:ResourceWarning")


@pytest.fixture(autouse=True, scope="session")
def _inspect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps what Inspect writes beside its logs out of the user's own folder, and has it look for packages once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setattr(
            "inspect_ai._util.package.packages_distributions", cache(importlib.metadata.packages_distributions)
        )
        yield
        gc.collect()  # streams that Inspect left open, while their warnings are still let pass
