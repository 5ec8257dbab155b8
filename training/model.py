"""The tokenizer and the model that a run starts from: a plain model, or the LoRA adapter of an earlier run."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.options import Options, UserError, first_line

_HERE = ("", ".", "..", "~", "out")  # how paths begin, and no name on the Hub
_END = 1 << 22  # bytes of a file of weights that tell it from another


@dataclass(frozen=True)
class Start:
    """What a trainer is given. `model` is a name that TRL loads by itself, or a loaded model."""

    model: Any
    reference: Any = None  # of DPO; None where TRL finds it: a second copy, the model without adapter, or precomputed
    peft: Any = None  # a new adapter's configuration


def load_tokenizer(options: Options) -> Any:
    """The tokenizer, with the chat template of `--chat_template_path` where that is given.

    Raises:
        UserError: there is none, or it has no chat template.
    """
    from transformers import AutoTokenizer

    name, training = options.model.model_name_or_path, options.training
    if (name.count("/") > 1 or name.split("/")[0] in _HERE) and not Path(name).exists():
        raise UserError(
            f"--model_name_or_path {name}: there is no such folder. DPO begins with what sft.py saves, and the micro "
            "world's SFT with what training/micro/base.py saves: run that first, from the same folder"
        )
    settings = {"revision": options.model.model_revision, "trust_remote_code": training.trust_remote_code}
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **settings)
    except (OSError, ValueError) as error:
        reason = first_line(error)
        raise UserError(f"--model_name_or_path {name}: {reason} Name a folder, or a model on the Hub") from error
    if template := getattr(training, "chat_template_path", None):  # SFTConfig alone has it
        try:
            if Path(template).is_file() and template.endswith((".jinja", ".j2")):  # as TRL does
                tokenizer.chat_template = Path(template).read_text(encoding="utf-8")
            else:
                tokenizer.chat_template = AutoTokenizer.from_pretrained(template).chat_template
        except (OSError, ValueError) as error:
            raise UserError(f"--chat_template_path {template}: {first_line(error)}") from error
    if not tokenizer.chat_template:
        raise UserError(
            f"--model_name_or_path {name}: it has no chat template, so it can't be told who speaks. Take the instruct "
            "model of its family, or train it with `sft.py --chat_template_path MODEL` first"
        )
    return tokenizer


def start(options: Options, *, preference: bool) -> Start:
    """What the trainer begins with.

    A LoRA adapter goes on as that adapter with `--use_peft`, so that what is saved still stands on
    the adapter's own base model; else it is merged, and DPO is given a merged copy as its reference, since TRL would
    take the bare base model for it.

    Raises:
        UserError: the adapter's base model can't be loaded.
    """
    from transformers.utils.peft_utils import find_adapter_config_file
    from trl import get_peft_config

    model = options.model
    name = model.model_name_or_path
    if not find_adapter_config_file(name, revision=model.model_revision):
        options.training.model_init_kwargs = _init_kwargs(options)
        return Start(name, peft=get_peft_config(model))
    if model.load_in_4bit or model.load_in_8bit:
        raise UserError(f"--model_name_or_path {name}: an adapter can't be gone on from in 4 or 8 bits; merge it first")
    if model.use_peft:
        return Start(_adapted(options, trainable=True))
    needs_copy = preference and not options.training.precompute_ref_log_probs
    return Start(_merged(options), reference=_merged(options) if needs_copy else None)


def files_of(name: str) -> str:
    """A hash of the weights in a folder, by their sizes and their ends; empty for a model on the Hub.

    Those of an adapter's base, where that is a folder, belong to them.
    """
    folder = Path(name)
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")]) if folder.is_dir() else []
    found = hashlib.sha256()
    if (adapter := folder / "adapter_config.json").exists():
        base = json.loads(adapter.read_text(encoding="utf-8"))["base_model_name_or_path"]
        found.update(files_of(base).encode() if base else b"")
    for path in weights:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _END))
            found.update(f"{path.name} {size} ".encode() + file.read())
    return found.hexdigest()[:12] if weights else ""


def _init_kwargs(options: Options) -> dict[str, Any]:
    """As `trl`'s own scripts: what `from_pretrained` is given."""
    model = options.model
    return {
        "revision": model.model_revision,
        "trust_remote_code": options.training.trust_remote_code,
        "attn_implementation": model.attn_implementation,
        "dtype": model.dtype,
        **(options.training.model_init_kwargs or {}),
    }


def _adapted(options: Options, *, trainable: bool) -> Any:
    import torch
    from peft import PeftConfig, PeftModel
    from transformers import AutoModelForCausalLM

    folder = options.model.model_name_or_path
    revision = options.model.model_revision
    base = PeftConfig.from_pretrained(folder, revision=revision).base_model_name_or_path
    settings = _init_kwargs(options)
    settings["dtype"] = settings["dtype"] if settings["dtype"] == "auto" else getattr(torch, settings["dtype"])
    settings.pop("revision")  # that of the adapter, not of its base
    try:
        model = AutoModelForCausalLM.from_pretrained(base, **settings)
    except (OSError, ValueError) as error:
        reason = first_line(error)
        raise UserError(f"--model_name_or_path {folder}: its base model {base} can't be loaded: {reason}") from error
    return PeftModel.from_pretrained(model, folder, is_trainable=trainable, revision=revision)


def _merged(options: Options) -> Any:
    model = _adapted(options, trainable=False).merge_and_unload()
    return model.requires_grad_(True)  # PEFT froze the weights under the adapter  # noqa: FBT003 - torch's signature
