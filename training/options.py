"""The commands' options: TRL's own, and what these scripts add; and how a user's mistake is told."""

import difflib
import json
import os
import re
import sys
import warnings
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
    given: dict[str, Any]  # what command line and file say that is not the default, as it was understood; no token
    recipe: str | None  # the --config file


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
    from trl import ModelConfig, ScriptArguments

    words = list(sys.argv[1:] if argv is None else argv)
    words = [part for word in words for part in (word.split("=", 1) if word.startswith("--config=") else [word])]
    if "--look_only" in words:
        words += ["--bf16", "false"]  # a look computes nothing: any machine can
    types = (ScriptArguments, config, ModelConfig, DataOptions)
    try:
        script, training, model, data = parts = _parser(types, description).parse_args_and_config(words)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"--config {_recipe(words)}: {' '.join(str(error).split())}") from error
    except (ValueError, TypeError, OSError, IndexError) as error:
        raise UserError(_told(error)) from error
    if training.hub_token:  # into no file: TRL would save it with its arguments
        os.environ["HF_TOKEN"], training.hub_token = training.hub_token, None
    options = Options(script, training, model, data, _given(words, parts), _recipe(words))
    _require_possible(options)
    return options


def _parser(types: Sequence[type], description: str | None) -> Any:
    """TRL's, which tells what is wrong in one line and before it looks at the values."""
    from trl import TrlParser

    class Parser(TrlParser):  # type: ignore[misc] # typed as Any
        def error(self, message: str) -> NoReturn:  # instead of 300 lines of usage
            raise UserError(f"{message} (--help lists all)")

        def parse_known_args(self, *args: Any, **kwargs: Any) -> Any:  # told before the options are looked at
            namespace, unknown = super().parse_known_args(*args, **kwargs)
            if unknown:
                self.error(f"unknown: {' '.join(unknown)}{self.meant(unknown[0])}")
            return namespace, unknown

        def set_defaults_with_config(self, **values: Any) -> Any:  # which takes a list where a number must stand
            for one in (one for part in self.dataclass_types for one in fields(part) if one.name in values):
                if not _fits(values[one.name], str(one.type)):
                    raise UserError(f"{one.name}: {values[one.name]!r} in the --config file is no value for it")
            if unknown := super().set_defaults_with_config(**values)[::2]:
                names = ", ".join(key.removeprefix("--") for key in unknown)
                raise UserError(f"unknown in the --config file: {names}{self.meant(unknown[0])}")
            return []

        def meant(self, word: str) -> str:
            known = [option for action in self._actions for option in action.option_strings]
            close = difflib.get_close_matches(word.replace("-", "_").replace("__", "--", 1), known, 1)
            return f"; did you mean {close[0]}?" if close else ""

    return Parser(types, description=description, allow_abbrev=False)  # run.json knows whole names only


def _fits(value: Any, kind: str) -> bool:
    """Whether a value of a YAML file can be what a field's annotation says; strings are read as on the command line."""
    words = set(re.findall(r"\w+", kind))
    known = {"int": int, "float": int | float, "bool": bool, "list": list, "dict": dict}
    if value is None or isinstance(value, str) or not words & {*known, "str"}:
        return True
    if isinstance(value, bool):
        return "bool" in words
    return any(isinstance(value, of) for name, of in known.items() if name in words)


def _require_possible(options: Options) -> None:
    """Refuses what these scripts would do wrong, each with its reason."""
    script, training = options.script, options.training
    given = vars(training)
    checkpoint = training.resume_from_checkpoint
    refused = {
        "--dataset_name and --model_name_or_path are needed, here or in the --config file": not script.dataset_name
        or not options.model.model_name_or_path,
        "--dataset_streaming: rows are counted before the run, which a stream does not allow": script.dataset_streaming,
        "--ignore_bias_buffers: not done here; plain `trl` does it": script.ignore_bias_buffers,
        "--dataset_test_split: it is the split that is trained on": script.dataset_train_split
        == script.dataset_test_split,
        "--completion_only_loss false, --assistant_only_loss: the loss is taken over the replies here; plain `trl` "
        "takes it elsewhere": given.get("completion_only_loss") is False or given.get("assistant_only_loss"),
        "--packing, --eval_packing, --padding_free: rows are told apart here, by turn; plain `trl` does that": any(
            given.get(name) for name in ("packing", "eval_packing", "padding_free")
        ),
        f"--truncation_mode {training.truncation_mode}: TRL gives it up; keep_start alone is done here": (
            training.truncation_mode != "keep_start"
        ),
        "--ld_alpha: the rewards by turn would not be those that were trained; plain `trl` does it": given.get(
            "ld_alpha"
        )
        is not None,
        "--train_sampling_strategy group_by_length: TRL's DPO can't do that": "beta" in given
        and training.train_sampling_strategy == "group_by_length",
        "--save_only_model: no run could go on from such a checkpoint": training.save_only_model,
        f"--resume_from_checkpoint {checkpoint}: there is no such folder. Without it the same command goes on from its "
        "last checkpoint": checkpoint and not Path(checkpoint).is_dir(),
        f"--output_dir {training.output_dir}: that is a file": Path(training.output_dir).is_file(),
        "--per_device_train_batch_size, --per_device_eval_batch_size: at least 1": min(
            training.per_device_train_batch_size, training.per_device_eval_batch_size
        )
        < 1,
    }
    for message, holds in refused.items():
        if holds:
            raise UserError(message)


def _recipe(words: Sequence[str]) -> str | None:
    return words[words.index("--config") + 1] if "--config" in words[:-1] else None


def _given(words: Sequence[str], parts: Sequence[Any]) -> dict[str, Any]:
    import yaml

    names = [word[2:].partition("=")[0].replace("-", "_") for word in words if word.startswith("--")]
    if recipe := _recipe(words):
        names += yaml.safe_load(Path(recipe).read_text(encoding="utf-8"))
    wanted = {name.removeprefix("no_") for name in names}
    given = {}
    for of, one in ((part, one) for part in parts for one in fields(part) if one.name in wanted):
        usual = one.default_factory() if callable(one.default_factory) else one.default
        value = getattr(of, one.name)
        if isinstance(value, dict):
            value = {key: said for key, said in value.items() if "token" not in key}
        if value != usual and "hub_token" not in one.name:
            given[one.name] = value
    plain: dict[str, Any] = json.loads(
        json.dumps(dict(sorted(given.items())), default=str)
    )  # of an enumeration its word
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


def first_line(error: BaseException) -> str:
    """What an error of a library says, without what it adds below."""
    return str(error).strip().splitlines()[0]


def guarded(run: Callable[[], None]) -> int:
    """The exit code of a command: 0; 2 for what the user can mend; 130 stopped by Ctrl-C."""
    warnings.filterwarnings("ignore", ".*gradient_checkpointing", FutureWarning)  # TRL's own default, not the user's
    try:
        run()
    except UserError as error:
        if os.environ.get("RANK", "0") == "0":  # of several processes the first one tells it
            print(f"error: {error}", file=sys.stderr)
        return 2
    except StoppedError as error:
        print(error, file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the last checkpoint, if there is one", file=sys.stderr)
        return 130
    return 0
