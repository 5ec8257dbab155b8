"""Loads a release as a stranger would, in a process of its own, and tells what came.

    {"personas/train": {"rows": 2979, "features": {...}, "streamed": 2979}, ...}

One entry a split; `streamed`, the rows that came by streaming, for the default config alone.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def load_elsewhere(folder: Path) -> dict[str, dict[str, Any]]:
    """What a new process finds in the folder: offline, with a cache of its own beside it that goes afterwards.

    Raises:
        subprocess.CalledProcessError: load_dataset fails; `output` tells why.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent) as cache:
        report = Path(cache, "report.json")
        # The user's own settings, tokens among them, stay out: they could point at another cache, or at a mirror.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
        environment |= {"HF_HOME": cache, "TMPDIR": cache, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
        _run([sys.executable, "-P", __file__, str(folder), str(report)], environment)
        found: dict[str, dict[str, Any]] = json.loads(report.read_bytes())
        return found


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    """Runs a command that ends when we do, however we end."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and file, no shell
        command,
        env=environment,
        stdin=subprocess.PIPE,  # stays open as long as we live
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.read()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, said)


def _load(folder: str) -> dict[str, dict[str, Any]]:
    """Every config and split of the release, the default config by streaming too."""
    from datasets import get_dataset_config_names, load_dataset

    found: dict[str, dict[str, Any]] = {
        f"{config}/{split}": {"rows": rows.num_rows, "features": rows.features.to_dict()}
        for config in get_dataset_config_names(folder)
        for split, rows in load_dataset(folder, config).items()
    }
    for split, stream in load_dataset(folder, streaming=True).items():
        # A row group at a time: Arrow keeps what it has read of a file until that file is closed.
        found[f"{stream.info.config_name}/{split}"]["streamed"] = sum(1 for _ in stream.reshard())
    return found


def _end_with_parent() -> None:
    """Nothing is ever written to our stdin: it ends when the process that started us does."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    Path(sys.argv[2]).write_text(json.dumps(_load(sys.argv[1])), encoding="utf-8")
    # Not by way of the interpreter's own end: a thread that streaming leaves behind aborts it now and then ("terminate
    # called without an active exception"), when everything has been read and written down.
    os._exit(0)
