"""What a trained model makes of the `test` split, by turn and by the judge's margin; each row counts the same."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

MARGINS = (0.0, 0.1, 0.2, 0.4)
"""Where the buckets of the judge's margin begin; the last one ends at 1."""

Figures = dict[str, float]
Rows = list[Figures]  # of each row of the split what was measured


def sft_rows(trainer: Any) -> Rows:
    """Of each row the negative log-likelihood of its reply, in nats, and the reply's tokens."""
    rows = []
    for batch in _batches(trainer):
        labels = batch["labels"]
        logps = _logps(trainer, batch, labels)
        tokens = (labels[:, 1:] != -100).sum(dim=1)
        rows += _gathered(trainer, nll=-logps, tokens=tokens)
    return rows


def dpo_rows(trainer: Any) -> Rows:
    """Of each row the rewards, beta * log(policy / reference), of both replies."""
    rows = []
    for batch in _batches(trainer):
        labels = batch["input_ids"].masked_fill(batch["completion_mask"] == 0, -100)
        chosen, rejected = _logps(trainer, batch, labels).chunk(2)
        if "ref_chosen_logps" in batch:
            before = batch["ref_chosen_logps"], batch["ref_rejected_logps"]
        else:
            before = trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, batch)
        rows += _gathered(
            trainer, chosen=trainer.beta * (chosen - before[0]), rejected=trainer.beta * (rejected - before[1])
        )
    return rows


def loss(rows: Rows) -> Figures:
    """Of SFT: nats a token of the replies."""
    return {"loss": sum(row["nll"] for row in rows) / sum(row["tokens"] for row in rows)}


def reward(rows: Rows) -> Figures:
    """Of DPO: its sigmoid loss (whatever --loss_type trained), how often the chosen reply has the higher reward, and by
    how much on average.

    >>> reward([{"chosen": 0.0, "rejected": 0.0}, {"chosen": 0.5, "rejected": 0.5}])
    {'loss': 0.6931471805599453, 'reward_accuracy': 0.0, 'reward_margin': 0.0}
    """
    return {
        "loss": sum(_softplus(row["rejected"] - row["chosen"]) for row in rows) / len(rows),
        "reward_accuracy": sum(row["chosen"] > row["rejected"] for row in rows) / len(rows),
        "reward_margin": sum(row["chosen"] - row["rejected"] for row in rows) / len(rows),
    }


def _softplus(x: float) -> float:
    """log(1 + exp(x)), which is -log sigmoid(-x)."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def figures(trainer: Any, measure: Callable[[Any], Rows], summary: Callable[[Rows], Figures]) -> Figures:
    """What `summary` makes of all rows, of those of each turn and of each bucket of the margin, and their counts.

    Keys as `loss`, `loss/turn 3`, `rows/turn 3`, `reward_accuracy/margin 0.2`.
    """
    rows = measure(trainer)
    if len(rows) != len(trainer.eval_dataset):
        raise RuntimeError(f"{len(rows):,} rows were measured, the split has {len(trainer.eval_dataset):,}")
    told = summary(rows) | {"rows": len(rows)}
    columns = trainer.eval_dataset.column_names
    groups = [(f"turn {turn}", at) for turn, at in _grouped(trainer.eval_dataset["turn"])] if "turn" in columns else []
    if "margin" in columns:
        groups += [
            (f"margin {low}", at)
            for low, at in _grouped([None if m is None else bucket(m) for m in trainer.eval_dataset["margin"]])
        ]
    for name, at in groups:
        of = [rows[index] for index in at]
        told |= {f"{key}/{name}": value for key, value in (summary(of) | {"rows": len(of)}).items()}
    return told


def bucket(margin: float) -> float:
    """Where the bucket of a margin begins.

    >>> bucket(0.05), bucket(0.2), bucket(1.0)
    (0.0, 0.2, 0.4)
    """
    return max(low for low in MARGINS if low <= margin)


def _grouped(values: Sequence[float | None]) -> list[tuple[float, list[int]]]:
    """Each value with its rows; those without one are in no group."""
    known = sorted({value for value in values if value is not None})
    return [(one, [at for at, value in enumerate(values) if value == one]) for one in known]


def _batches(trainer: Any) -> Iterator[Any]:
    """The split as TRL prepares it, every row and in its order, a batch of this process after the other."""
    import torch

    args = trainer.args
    usual = args.train_sampling_strategy, args.dataloader_drop_last
    args.train_sampling_strategy, args.dataloader_drop_last = "random", False  # transformers evaluates by them, too
    vars(trainer).pop("_eval_dataloaders", None)  # one that persistent workers have kept from the training
    trainer.model.eval()
    try:
        with torch.no_grad(), trainer.compute_loss_context_manager():
            for batch in trainer.get_eval_dataloader():
                yield trainer._prepare_inputs(batch)  # noqa: SLF001 - to the model's device, as its own evaluation does
    finally:
        args.train_sampling_strategy, args.dataloader_drop_last = usual


def _logps(trainer: Any, batch: Any, labels: Any) -> Any:
    """Of each sequence the summed log-probability of the tokens that have a label. (sequences,)"""
    outputs = trainer.model_wrapped(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        labels=labels,
        use_cache=False,
        fused_lm_head=True,  # TRL's head: log-probabilities without the full logits
    )
    return outputs.log_probs.sum(dim=1)


def _gathered(trainer: Any, **values: Any) -> Rows:
    """One row of the batch of all processes an entry."""
    lists = {name: trainer.accelerator.gather_for_metrics(value).tolist() for name, value in values.items()}
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
