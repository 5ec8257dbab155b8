"""One run, of either kind: look, train, go on where it stopped, evaluate, save, and say what the model is made of."""

import json
import re
import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from rich.console import Console

from training import card, data, evaluation, look, model
from training.options import Options, StoppedError, UserError, parse

RUN, FINISHED = "run.json", "test_results.json"  # what the run is made of; the last file that it writes
CHECKPOINT = re.compile(r"checkpoint-(\d+)")
NO_MATTER = (
    "output_dir", "logging_", "log_", "report_to", "save_", "eval_", "hub_", "push_to_hub", "resume_from_checkpoint",
    "dataloader_num_workers", "dataloader_persistent_workers", "dataloader_pin_memory", "dataloader_prefetch_factor",
    "disable_tqdm", "run_name", "project", "trackio_", "max_lost", "look_only", "dataset_num_proc",
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


class Interrupts:
    """Ctrl-C, remembered: datasets swallows the exception while it hashes, and a step should come to its end."""

    def __init__(self) -> None:
        self.asked, self.gently = Event(), False

    def __call__(self, *_: object) -> None:
        if self.gently and not self.asked.is_set():
            print("\nstopping after a checkpoint; Ctrl-C again stops at once", flush=True)
            self.asked.set()
        else:
            self.asked.set()
            raise KeyboardInterrupt


def run(kind: Kind, argv: Sequence[str] | None, description: str | None) -> None:
    """The whole command.

    Raises:
        UserError: what the user can mend, before a model is loaded.
        StoppedError: stopped by Ctrl-C, after a checkpoint.
    """
    interrupts = Interrupts()
    before = signal.signal(signal.SIGINT, interrupts)
    try:
        _run(kind, parse(kind.options, argv, description), interrupts)
    finally:
        signal.signal(signal.SIGINT, before)


def _run(kind: Kind, options: Options, interrupts: Interrupts) -> None:
    args = options.training
    console = Console(soft_wrap=True, markup=False, quiet=args.process_index > 0)
    with args.main_process_first(desc="the dataset"):
        rows = data.load(options, kind.config)
        tokenizer = model.load_tokenizer(options)
        console.print(f"{options.script.dataset_name} {rows.version}".strip(), highlight=False)
        kept = look.look(rows, tokenizer, options, kind.config, console)
    if options.data.look_only:
        return
    begin = options.model.model_name_or_path
    files = model.files_of(begin)
    made_of = card.MadeOf(
        options.given, options.recipe, files, args.world_size, rows.version, rows.rehearsal, kept, _before(begin)
    )
    output = Path(args.output_dir)
    checkpoint = _last_checkpoint(output, made_of)
    if (output / FINISHED).exists() and not args.push_to_hub:
        console.print(f"nothing to do: {output} was made by this very command")
        return
    if checkpoint:
        console.print(f"going on from {checkpoint}")
    trainer = _trainer(kind, options, rows, tokenizer, made_of)
    _require_rows(trainer, kept, options)
    if args.process_index == 0:
        (output / FINISHED).unlink(missing_ok=True)
        (output / RUN).write_text(json.dumps(made_of.as_json(), indent=1) + "\n", encoding="utf-8")
    _train(trainer, args.resume_from_checkpoint or checkpoint, interrupts)
    _finish(trainer, kind, options, made_of, console)


def _before(folder: str) -> str | None:
    """What the model in a folder began with, where it was made by these commands."""
    return (_note(Path(folder)) or {}).get("model_name_or_path")


def _note(folder: Path) -> dict[str, Any] | None:
    """What a run in this folder is made of; None where there is none, or none that can be read."""
    try:
        note = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) else None


def _last_checkpoint(output: Path, made_of: card.MadeOf) -> str | None:
    """The last whole checkpoint of this very run, if there is one.

    Raises:
        UserError: the folder holds a run of other options or other data.
    """
    old, new = _note(output), made_of.as_json()
    whole = [folder for folder in output.glob("checkpoint-*") if _is_whole(folder)]
    begun = bool(whole) or (output / FINISHED).exists()
    if begun and old is None:
        raise UserError(f"{output} holds checkpoints without {RUN}, so of another command: give another --output_dir")
    if begun and old is not None:
        changed = sorted(
            name
            for name in old.keys() | new.keys()
            if old.get(name) != new.get(name) and not name.startswith(NO_MATTER)
        )
        if changed:
            what = ", ".join(f"{name}: {old.get(name)} -> {new.get(name)}" for name in changed)
            raise UserError(f"{output} holds another run ({what}): give another --output_dir, or delete it")
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
    from httpx2 import HTTPError
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
    except (ValueError, ImportError, OSError, HTTPError) as error:  # options that TRL, PEFT or the Hub do not take
        raise UserError(" ".join(str(error).split())) from error


def _require_rows(trainer: Any, kept: dict[str, int], options: Options) -> None:
    """Sees that the rows that were counted are those that the trainer has."""
    given_rows = {
        options.script.dataset_train_split: trainer.train_dataset,
        options.script.dataset_test_split: trainer.eval_dataset,
    }
    for split, rows in given_rows.items():
        if len(rows) != kept[split]:
            raise RuntimeError(f"{len(rows):,} rows of {split} reached the trainer, {kept[split]:,} should have")


def _train(trainer: Any, checkpoint: str | None, interrupts: Interrupts) -> None:
    """Trains; Ctrl-C saves a checkpoint first, a second one stops at once.

    Raises:
        StoppedError: after Ctrl-C.
    """
    from transformers import TrainerCallback

    began = 0

    class Stop(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - as below
            nonlocal began
            began = state.global_step
            if began >= state.max_steps:  # one that ended within an epoch would take a step more
                trainer._run_epoch = lambda **_: None  # noqa: SLF001 - there is no other way to say so

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - transformers' signature
            if interrupts.asked.is_set():
                control.should_save = control.should_training_stop = True

    if interrupts.asked.is_set():
        raise KeyboardInterrupt
    interrupts.gently = trainer.args.world_size == 1  # several processes would not stop at the same step
    trainer.add_callback(Stop())
    result = trainer.train(resume_from_checkpoint=checkpoint)
    interrupts.gently = False
    step, steps = trainer.state.global_step, trainer.state.max_steps
    if step > began:
        trainer.save_metrics("train", result.metrics)
    if interrupts.asked.is_set() and step < steps:
        raise StoppedError(f"stopped at step {step:,} of {steps:,}; the same command goes on")
    interrupts.asked.clear()


def _finish(trainer: Any, kind: Kind, options: Options, made_of: card.MadeOf, console: Console) -> None:
    output = Path(options.training.output_dir)
    trainer.save_model(str(output))
    trainer.save_state()
    told = evaluation.figures(trainer, kind.measure, kind.summary)
    if "ref" in getattr(trainer.model, "peft_config", {}):
        trainer.model.delete_adapter("ref")  # TRL's copy of the adapter as it was
        trainer.accelerator.wait_for_everyone()
        if trainer.is_world_process_zero():
            shutil.rmtree(output / "ref")
    made_of.test.update(told)
    console.print(card.table(told))
    name = (options.training.hub_model_id or output.resolve().name).split("/")[-1]
    trainer.create_model_card(model_name=name, dataset_name=options.script.dataset_name)
    trainer.save_metrics("test", told)
    if options.training.push_to_hub:
        trainer.push_to_hub(dataset_name=options.script.dataset_name)
    trainer.end()
    console.print(f"saved in {output}")
