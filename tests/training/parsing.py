"""What TRL's own parser makes of recipes, in one process for all: torch must not be imported where other tests fork."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from tests.training.runs import OFFLINE, REPO

Parsed = dict[str, Any] | str  # every option by name, or TRL's error
CPU = ["--use_cpu"]
"""Without it TRL's options refuse to be made where no GPU does bf16; it changes no other option."""


def parse_all(orders: Sequence[tuple[Path, Sequence[str]]]) -> list[Parsed]:
    """What becomes of each recipe (`sft.yaml` or `dpo.yaml`), with the flags that its command line adds."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.parsing"],
        cwd=REPO,
        env=OFFLINE,
        input=json.dumps([(str(path), list(words)) for path, words in orders]),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    parsed: list[Parsed] = json.loads(done.stdout)
    return parsed


def _parse(path: Path, words: list[str]) -> Parsed:
    import yaml

    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            options = _options(path.stem, ["--config", str(path), *words])
            # TRL converts what comes as text, by file or by flag, and takes any other value of a file as it is
            keys: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            flags = [word for key, value in keys.items() for word in (f"--{key}", *_words(value))]
            by_flags = _options(path.stem, [*flags, *words])
    except SystemExit:  # argparse's way
        return told.getvalue()
    except ValueError as error:
        return str(error)
    differ = sorted(name for name in options if options[name] != by_flags[name])
    return f"as flags, these have other values: {differ}" if differ else options


def _words(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _options(stage: str, words: list[str]) -> dict[str, Any]:
    """As `trl sft` and `trl dpo` read theirs."""
    from trl import DatasetMixtureConfig, DPOConfig, ModelConfig, ScriptArguments, SFTConfig, TrlParser

    config = {"sft": SFTConfig, "dpo": DPOConfig}[stage]
    parser = TrlParser((ScriptArguments, config, ModelConfig, DatasetMixtureConfig))
    parts = parser.parse_args_and_config([*words, *CPU])
    return {field.name: getattr(part, field.name) for part in parts for field in fields(part)}


if __name__ == "__main__":
    print(json.dumps([_parse(Path(path), words) for path, words in json.load(sys.stdin)], default=str))
