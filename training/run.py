"""One run, of either kind: look, train, go on where it stopped, evaluate, save, and say what the model is made of."""

import json
import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from training import card, data, evaluation, look, model
from training.options import Options, StoppedError, UserError, parse

RUN, FINISHED = "run.json", "test_results.json"  # what the run is made of; the last file that it writes
CHECKPOINT = re.compile(r"checkpoint-(\d+)")
NO_MATTER = (
    "output_dir", "logging_", "log_", "report_to", "save_", "eval_", "hub_", "push_to_hub", "resume_from_checkpoint",
    "dataloader_", "disable_tqdm", "run_name", "project", "trackio_", "max_lost", "look_only", "dataset_num_proc",
    "per_device_eval_batch_size", "do_", "enable_jit_checkpoint",
)  # fmt: skip
"""Options, by how they begin, that do not change what is trained."""


@dataclass(frozen=True)
class Kind:
    """What distinguishes SFT from DPO."""

    config: str  # of i2a/trees
    options: type  # TRL's class of its options
    trainer: type
    measure: Callable[[Any], evaluation.Rows]
    summary: Callable[[evaluation.Rows], evaluation.Figures]


def run(kind: Kind, argv: Sequence[str] | None, description: str | None) -> None:
    """The whole command.

    Raises:
        UserError: what the user can mend, before a model is loaded.
        StoppedError: stopped by Ctrl-C, after a checkpoint.
    """
    options = parse(kind.options, argv, description)
    args = options.training
    console = Console(soft_wrap=True, quiet=args.process_index > 0)
    with args.main_process_first(desc="the dataset"):
        rows = data.load(options, kind.config)
        tokenizer = model.load_tokenizer(options)
        console.print(f"{options.script.dataset_name} {rows.version}".strip(), highlight=False)
        kept = look.look(rows, tokenizer, options, kind.config, console)
    if options.data.look_only:
        return
    made_of = card.MadeOf(options.given, rows.version, rows.rehearsal, kept)
    output = Path(args.output_dir)
    checkpoint = _last_checkpoint(output, made_of)
    if checkpoint and (output / FINISHED).exists() and not args.push_to_hub:
        console.print(f"nothing to do: {output} was made by this very command")
        return
    if checkpoint:
        console.print(f"going on from {checkpoint}")
    trainer = _trainer(kind, options, rows, tokenizer, made_of)
    _require_rows(trainer, kept, options)
    if args.process_index == 0:
        (output / FINISHED).unlink(missing_ok=True)
        (output / RUN).write_text(json.dumps(made_of.as_json(), indent=1) + "\n", encoding="utf-8")
    _train(trainer, args.resume_from_checkpoint or checkpoint)
    _finish(trainer, kind, options, made_of, console)


def _last_checkpoint(output: Path, made_of: card.MadeOf) -> str | None:
    """The last whole checkpoint of this very run, if there is one.

    Raises:
        UserError: the folder holds a run of other options or other data.
    """
    note, new = output / RUN, made_of.as_json()
    whole = [folder for folder in output.glob("checkpoint-*") if _is_whole(folder)]
    if whole and not note.exists():
        raise UserError(f"{output} holds checkpoints without {RUN}, so of another command: give another --output_dir")
    if whole:
        old = json.loads(note.read_text(encoding="utf-8"))
        changed = sorted(
            name
            for name in old.keys() | new.keys()
            if old.get(name) != new.get(name) and not name.startswith(NO_MATTER)
        )
        if changed:
            what = ", ".join(f"{name}: {old.get(name)} -> {new.get(name)}" for name in changed)
            raise UserError(
                f"{output} holds the checkpoints of another run ({what}): give another --output_dir, or delete it"
            )
    numbered = {int(found[1]): folder for folder in whole if (found := CHECKPOINT.fullmatch(folder.name))}
    return str(numbered[max(numbered)]) if numbered else None


def _is_whole(checkpoint: Path) -> bool:
    """Whether its last file is there and was written to its end."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _trainer(kind: Kind, options: Options, rows: data.Data, tokenizer: Any, made_of: card.MadeOf) -> Any:
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError
    from trl import get_quantization_config

    begin = model.start(options, preference=kind.config == "preference")
    extra = {"ref_model": begin.reference} if begin.reference is not None else {}
    try:
        return card.carded(kind.trainer, made_of)(
            model=begin.model,
            args=options.training,
            train_dataset=rows.train,
            eval_dataset=rows.test,
            processing_class=tokenizer,
            quantization_config=get_quantization_config(options.model),
            peft_config=begin.peft,
            **extra,
        )
    except (HfHubHTTPError, LocalTokenNotFoundError) as error:  # the trainer makes the repository that it pushes to
        raise UserError(f"--push_to_hub: {str(error).strip().splitlines()[0]}") from error


def _require_rows(trainer: Any, kept: dict[str, int], options: Options) -> None:
    """Sees that the rows that were counted are those that the trainer has."""
    given_rows = {
        options.script.dataset_train_split: trainer.train_dataset,
        options.script.dataset_test_split: trainer.eval_dataset,
    }
    for split, rows in given_rows.items():
        if len(rows) != kept[split]:
            raise RuntimeError(f"{len(rows):,} rows of {split} reached the trainer, {kept[split]:,} should have")


def _train(trainer: Any, checkpoint: str | None) -> None:
    """Trains; Ctrl-C saves a checkpoint first, a second one stops at once.

    Raises:
        StoppedError: after Ctrl-C.
    """
    from transformers import TrainerCallback

    asked = False

    class Stop(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - as below
            if state.global_step >= state.max_steps:  # one that ended within an epoch would take a step more
                trainer._run_epoch = lambda **_: None  # noqa: SLF001 - there is no other way to say so

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - transformers' signature
            if asked:
                control.should_save = control.should_training_stop = True

    def stop(*_: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("\nstopping after a checkpoint; Ctrl-C again stops at once", flush=True)

    alone = trainer.args.world_size == 1  # several processes would not stop at the same step
    trainer.add_callback(Stop())
    before = signal.signal(signal.SIGINT, stop) if alone else None
    try:
        result = trainer.train(resume_from_checkpoint=checkpoint)
    finally:
        if alone:
            signal.signal(signal.SIGINT, before)
    trainer.save_metrics("train", result.metrics)
    if asked and trainer.state.global_step < trainer.state.max_steps:
        raise StoppedError(
            f"stopped at step {trainer.state.global_step:,} of {trainer.state.max_steps:,}; the same command goes on"
        )


def _finish(trainer: Any, kind: Kind, options: Options, made_of: card.MadeOf, console: Console) -> None:
    told = evaluation.figures(trainer, kind.measure, kind.summary)
    trainer.save_state()
    made_of.test.update(told)
    if "ref" in getattr(trainer.model, "peft_config", {}):
        trainer.model.delete_adapter("ref")  # TRL's copy of the adapter as it was
    console.print(card.table(told))
    trainer.save_model(options.training.output_dir)
    trainer.create_model_card(dataset_name=options.script.dataset_name)
    trainer.save_metrics("test", told)
    if options.training.push_to_hub:
        trainer.push_to_hub(dataset_name=options.script.dataset_name)
    trainer.end()
    console.print(f"saved in {options.training.output_dir}")
