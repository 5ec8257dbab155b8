"""The commands' options: TRL's own, and what these scripts add; and how a user's mistake is told."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, NoReturn


class UserError(Exception):
    """What the user can mend: the message says what is wrong, where, and what to do."""


class StoppedError(Exception):
    """Ctrl-C: the run ended in good order, after a checkpoint."""


@dataclass
class DataOptions:
    """What these scripts add to TRL's options. Recipes hold none of them, so that plain `trl` reads the same file."""

    min_margin: float = field(
        default=0.0, metadata={"help": "Leave out training rows that the judge separated by less (0 to 1)."}
    )
    min_turn: int = field(default=1, metadata={"help": "Leave out training rows of earlier turns."})
    max_turn: int | None = field(default=None, metadata={"help": "Leave out training rows of later turns."})
    max_lost: float = field(
        default=0.01,
        metadata={"help": "Share of the rows that `--max_length` may drop or cut; above it the run is refused."},
    )
    look_only: bool = field(default=False, metadata={"help": "Look at the data, print what would be trained, stop."})

    def __post_init__(self) -> None:
        for name in ("min_margin", "max_lost"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"--{name} is {getattr(self, name)}, expected a share from 0 to 1")
        if self.min_turn < 1 or (self.max_turn is not None and self.max_turn < self.min_turn):
            raise ValueError(f"--min_turn {self.min_turn} --max_turn {self.max_turn}: no turn lies between them")


class Options(NamedTuple):
    """One run, as its command line and YAML file ask for it."""

    script: Any  # trl.ScriptArguments
    training: Any  # trl.SFTConfig or trl.DPOConfig
    model: Any  # trl.ModelConfig
    data: DataOptions
    given: dict[str, Any]  # what command line and file name, as it was understood; no token


def parse(config: type, argv: Sequence[str] | None, description: str | None) -> Options:
    """Reads `--config FILE.yaml` and the flags, which win over it.

    Args:
        config: TRL's class of the training's own options, SFTConfig or DPOConfig.
        argv: the words after the command; None for those of this process.
        description: what `--help` begins with.

    Raises:
        UserError: a key or flag that nobody knows, a value that is not valid, an unreadable file, or a combination
            that this machine can't run (bf16 without a GPU that has it).
    """
    import yaml
    from trl import ModelConfig, ScriptArguments, TrlParser

    class Parser(TrlParser):  # type: ignore[misc] # typed as Any
        def error(self, message: str) -> NoReturn:  # instead of 300 lines of usage
            raise UserError(f"{message} (--help lists all)")

        def set_defaults_with_config(self, **values: Any) -> Any:  # which takes a list where a number must stand
            for one in (one for part in self.dataclass_types for one in fields(part) if one.name in values):
                value, kind = values[one.name], str(one.type)
                if isinstance(value, list | dict) and not any(word in kind for word in ("list", "dict")):
                    raise UserError(f"{one.name}: {value} in the --config file, expected one value")
            return super().set_defaults_with_config(**values)

    words = list(sys.argv[1:] if argv is None else argv)
    types = (ScriptArguments, config, ModelConfig, DataOptions)
    parser = Parser(types, description=description, allow_abbrev=False)  # run.json knows whole names only
    try:
        script, training, model, data = parts = parser.parse_args_and_config(words)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"--config {words[words.index('--config') + 1]}: {' '.join(str(error).split())}") from error
    except (ValueError, TypeError, OSError, IndexError) as error:
        raise UserError(_told(error)) from error
    if training.hub_token:  # into no file: TRL would save it with its arguments
        os.environ["HF_TOKEN"], training.hub_token = training.hub_token, None
    options = Options(script, training, model, data, _given(words, parts))
    _require_possible(options)
    return options


def _require_possible(options: Options) -> None:
    script, training = options.script, options.training
    if not script.dataset_name or not options.model.model_name_or_path:
        raise UserError("--dataset_name and --model_name_or_path are needed, here or in the --config file")
    if script.dataset_streaming:
        raise UserError("--dataset_streaming: rows are counted before the run, which a stream does not allow")
    if script.ignore_bias_buffers:
        raise UserError("--ignore_bias_buffers: not done here; plain `trl` does it")
    if getattr(training, "completion_only_loss", None) is False:  # SFTConfig alone has it
        raise UserError("--completion_only_loss false: the loss is taken over the replies here; plain `trl` does that")
    if training.padding_free or getattr(training, "packing", False):
        raise UserError("--packing and --padding_free: rows are told apart here, by turn; plain `trl` does that")
    if training.truncation_mode != "keep_start":
        raise UserError(f"--truncation_mode {training.truncation_mode}: TRL gives it up; keep_start alone is done here")


def _given(words: Sequence[str], parts: Sequence[Any]) -> dict[str, Any]:
    import yaml

    names = [word[2:].partition("=")[0].replace("-", "_") for word in words if word.startswith("--")]
    if "config" in names:
        names += yaml.safe_load(Path(words[words.index("--config") + 1]).read_text(encoding="utf-8"))
    names = [name.removeprefix("no_") for name in names]
    known = {field.name: part for part in parts for field in fields(part) if "hub_token" not in field.name}
    given = {name: getattr(known[name], name) for name in sorted(set(names) & known.keys())}
    plain: dict[str, Any] = json.loads(json.dumps(given, default=str))  # of an enumeration its word
    return plain


def _told(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"--config {error.filename}: there is no such file"
    if isinstance(error, IndexError):
        return "--config needs a file"
    text = str(error)
    if "bf16" in text:
        return (
            "bf16 is asked for (it is TRL's default too), and this machine has no GPU that does it: on a CPU give "
            "--use_cpu --bf16 false, on an older GPU --bf16 false --fp16"
        )
    return text.replace("HfArgumentParser", "command")


def guarded(run: Callable[[], None]) -> int:
    """The exit code of a command: 0; 2 for what the user can mend; 130 stopped by Ctrl-C."""
    if os.environ.get("RANK", "0") != "0":  # of several processes the first one tells what is wrong
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - stays open until the process ends
    try:
        run()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except StoppedError as error:
        print(error, file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0
