"""What tests look at from inside a run; each is called in a process of its own (tests/training/runs.py)."""

import math
import os
import signal
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.training.tiny import save_models

__all__ = [
    "counted",
    "figures",
    "killed",
    "on_rank",
    "prepared",
    "pushed",
    "save_models",
    "told_defaults",
    "version",
    "without_figures",
]


def prepared(kind: str, argv: list[str]) -> dict[str, Any]:
    """What reaches the trainer: `code` of the command, and of each split the rows as text: a dictionary with `context`
    and one or two `trained` (what follows it and the loss is taken over), and the row's own ids.
    """
    from training import run

    seen: dict[str, Any] = {}

    def look(trainer: Any, *_: Any) -> None:
        decode = trainer.processing_class.decode
        for split, rows in (("train", trainer.train_dataset), ("test", trainer.eval_dataset)):
            encoded = [_sft(row, trainer) if kind == "sft" else _dpo(row, trainer) for row in rows]
            seen[split] = [
                {"tree_id": row["tree_id"], "turn": row["turn"], "context": decode(context), "trained": decode(replies)}
                for row, (context, replies) in zip(rows, encoded, strict=True)
            ]

    run._train, run._finish = look, lambda *_: None  # type: ignore[assignment]
    seen["code"] = import_module(f"training.{kind}").main(argv)
    return seen


def _sft(row: Any, trainer: Any) -> tuple[list[int], list[list[int]]]:
    """By the collator, as a batch of one: the tokens without a label, and those with one."""
    batch = {name: value[0].tolist() for name, value in trainer.data_collator([_kept(row, trainer)]).items()}
    tokens = list(zip(batch["input_ids"], batch["labels"], strict=True))
    at = next(place for place, (_, label) in enumerate(tokens) if label != -100)
    assert all(label == token for token, label in tokens[at:])
    return [token for token, _ in tokens[:at]], [[token for token, _ in tokens[at:]]]


def _dpo(row: Any, trainer: Any) -> tuple[list[int], list[list[int]]]:
    """By the collator: the tokens outside the mask, alike for both; and those in it, of the chosen and the rejected."""
    batch = trainer.data_collator([_kept(row, trainer)])
    contexts, replies = [], []
    for at, ids in enumerate(batch["input_ids"]):
        real, reply = (batch[name][at].bool() for name in ("attention_mask", "completion_mask"))
        contexts.append(ids[real & ~reply].tolist())
        replies.append(ids[real & reply].tolist())
    assert contexts[0] == contexts[1]
    return contexts[0], replies


def _kept(row: Any, trainer: Any) -> Any:
    trainer._set_signature_columns_if_needed()
    return {name: row[name] for name in trainer._signature_columns if name in row}


def killed(kind: str, argv: list[str], step: int, when: str) -> int:
    """The command, which is sent a signal: SIGKILL `in a step` or `in a checkpoint` (the first from that step on), or
    SIGINT, `asked to stop`, in a step.
    """
    from transformers import Trainer

    method = "_save_rng_state" if when == "in a checkpoint" else "training_step"
    before = getattr(Trainer, method)
    number = signal.SIGINT if when == "asked to stop" else signal.SIGKILL

    def interrupted(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.state.global_step == step:
            os.kill(os.getpid(), number)
        return before(self, *args, **kwargs)

    setattr(Trainer, method, interrupted)
    code: int = import_module(f"training.{kind}").main(argv)
    return code


def counted(kind: str, argv: list[str]) -> dict[str, int]:
    """The command's code, and how many training steps it did."""
    from transformers import Trainer

    steps = 0
    before = Trainer.training_step

    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal steps
        steps += 1
        return before(self, *args, **kwargs)

    Trainer.training_step = step  # type: ignore[method-assign] # to count
    code = import_module(f"training.{kind}").main(argv)
    return {"code": code, "steps": steps}


def without_figures(kind: str, argv: list[str]) -> int:
    """The command, whose evaluation runs out of memory."""
    from training import evaluation

    def fails(*_: Any) -> Any:
        raise RuntimeError("out of memory")

    evaluation.figures = fails  # type: ignore[assignment]
    code: int = import_module(f"training.{kind}").main(argv)
    return code


def on_rank(rank: str, mistake: bool) -> int:
    """What one of several processes makes of a user's mistake, or of another error."""
    from training.options import UserError, guarded

    def run() -> None:
        raise UserError("mend it") if mistake else RuntimeError("a gradient is gone")

    os.environ["RANK"] = rank
    return guarded(run)


def told_defaults(kind: str, argv: list[str]) -> list[dict[str, Any]]:
    """What a run notes of its options: of those of `argv`, and where each other flag is given at its default, too."""
    import trl

    from training.options import DataOptions, parse

    config = {"sft": trl.SFTConfig, "dpo": trl.DPOConfig}[kind]
    words = list(argv)
    for one in (one for part in (trl.ScriptArguments, config, trl.ModelConfig, DataOptions) for one in fields(part)):
        if isinstance(one.default, bool | int | float | str) and one.default != "" and f"--{one.name}" not in argv:
            words += [f"--{one.name}", str(one.default)]
    return [parse(config, given, "").given for given in (argv, words)]


def _loaded(folder: str) -> Any:
    """A saved model as a stranger loads it, adapters with their base."""
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM

    by = AutoPeftModelForCausalLM if (Path(folder) / "adapter_config.json").exists() else AutoModelForCausalLM
    return by.from_pretrained(folder, dtype=torch.float32).eval()


def _logps(model: Any, tokenizer: Any, prompt: list[Any], reply: list[Any]) -> list[float]:
    """Of each token of the reply its log-probability, by one plain forward pass without padding."""
    import torch

    alone = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=True)["input_ids"]
    ids = tokenizer.apply_chat_template(prompt + reply, return_dict=True)["input_ids"]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].log_softmax(dim=-1)
    return [logits[at - 1, ids[at]].item() for at in range(len(alone), len(ids))]


def figures(kind: str, model: str, reference: str, rows: Sequence[dict[str, Any]], beta: float) -> dict[str, Any]:
    """What test_results.json should hold, by plain transformers; and whether the model generates: `generated`."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    policy = _loaded(model)
    before = _loaded(reference) if kind == "dpo" else None
    groups = defaultdict(list)
    for row in rows:
        of_margin = [low for low in (0.0, 0.1, 0.2, 0.4) if row["margin"] is not None and low <= row["margin"]][-1:]
        if kind == "sft":
            of: Any = _logps(policy, tokenizer, row["prompt"], row["completion"])
        else:
            of = [
                beta * sum(sum(_logps(one, tokenizer, row["prompt"], row[reply])) * sign for one, sign in models)
                for models in [[(policy, 1), (before, -1)]]
                for reply in ("chosen", "rejected")
            ]
        for name in ("", f"/turn {row['turn']}", *(f"/margin {low}" for low in of_margin)):
            groups[name].append(of)
    told: dict[str, float] = {}
    for name, members in groups.items():
        told[f"rows{name}"] = len(members)
        if kind == "sft":
            told[f"loss{name}"] = -sum(map(sum, members)) / sum(map(len, members))
        else:
            losses = [-math.log(1 / (1 + math.exp(rejected - chosen))) for chosen, rejected in members]
            told[f"loss{name}"] = sum(losses) / len(members)
            told[f"reward_accuracy{name}"] = sum(chosen > rejected for chosen, rejected in members) / len(members)
            told[f"reward_margin{name}"] = sum(chosen - rejected for chosen, rejected in members) / len(members)
    asked = tokenizer.apply_chat_template(
        rows[0]["prompt"], add_generation_prompt=True, return_dict=True, return_tensors="pt"
    )
    said = policy.generate(**asked, max_new_tokens=12, do_sample=False)[0, asked["input_ids"].shape[1] :]
    return {"figures": told, "generated": tokenizer.decode(said)}


def version(names: list[str]) -> list[str]:
    """What `version_of` says of datasets."""
    from datasets import load_dataset

    from training.data import version_of

    return [version_of(name, load_dataset(name, "sft")) for name in names]


def pushed(kind: str, argv: list[str]) -> dict[str, Any]:
    """The command's code, and what it would do on the Hub: each call's function, arguments and the token it would use;
    of an upload also the names of the files and the card.
    """
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.hf_api import CommitInfo, RepoUrl

    calls: list[dict[str, Any]] = []

    def create_repo(_: HfApi, name: str, **options: Any) -> RepoUrl:
        calls.append({"call": "create_repo", "repo_id": name, "token": options["token"] or get_token()})
        return RepoUrl(f"https://huggingface.co/{name}")

    def upload_folder(_: HfApi, *, repo_id: str, folder_path: str, token: str | None, **options: Any) -> CommitInfo:
        card = (Path(folder_path) / "README.md").read_text()
        files = sorted(path.name for path in Path(folder_path).iterdir())
        calls.append(
            {"call": "upload", "repo_id": repo_id, "token": token or get_token(), "files": files, "card": card}
        )
        url = f"https://huggingface.co/{repo_id}/commit/{'0' * 40}"
        return CommitInfo(commit_url=url, commit_message="", commit_description="", oid="0" * 40)

    HfApi.create_repo, HfApi.upload_folder = create_repo, upload_folder  # type: ignore[assignment,method-assign]
    code = import_module(f"training.{kind}").main(argv)
    return {"code": code, "calls": calls}
