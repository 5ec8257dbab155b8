"""The micro world's pretrained chat model, from nothing, on a CPU, in a few minutes.

    python training/micro/base.py --dataset_name micro/trees --output_dir out/micro/base

Makes a tokenizer of the words of the trees and a small Llama, and trains it with TRL's SFTTrainer on the curriculum.
The result is an ordinary model folder: it answers every message with the generic reply and, asked for it, lists all
that it was told. `training/recipes/micro/sft.yaml` goes on from there. Where the same command has made it before, there
is nothing to do; a killed run begins anew.
"""

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.micro.curriculum import Row, lessons, vocabulary
from training.micro.dialogue import Tree, load
from training.options import UserError, guarded
from training.run import RUN

ROWS = 8000  # of a lesson
RATES = (4e-3, 4e-3, 3e-3)  # learning rate of each lesson; in the last one it decays
BATCH = 16
SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,  # with 2, one seed of two never learnt to copy three of the slots
}
SPREAD = 0.1  # of the first weights; with the usual 0.02 copying never emerged
LENGTH = 1024  # tokens that a dialogue may have
PAD, UNKNOWN, END = "<pad>", "<unk>", "<end>"
SPECIAL = (PAD, UNKNOWN, END, "<user>", "<assistant>")
TEMPLATE = (
    "{% for message in messages %}{{ '<' + message.role + '> ' + message.content + ' <end> ' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<assistant> ' }}{% endif %}"
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset_name", default="micro/trees", metavar="NAME", help="folder or Hub id (micro/trees)")
    parser.add_argument("--output_dir", default="out/micro/base", metavar="DIR", help="the model (out/micro/base)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of every random draw (0)")
    options = parser.parse_args(argv)
    return guarded(lambda: _run(options.dataset_name, Path(options.output_dir), options.seed))


def _run(dataset: str, output: Path, seed: int) -> None:
    trees = load(dataset, "train")
    note = made_of(trees, seed)
    if _is_made(output, note):
        print(f"nothing to do: {output} was made by this very command")
        return
    aside = output.with_name(f"{output.name}.part")  # so that a folder of that name is whole
    _make(trees, str(aside), seed)
    (aside / RUN).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    aside.replace(output)
    print(f"saved in {output}")


def made_of(trees: Sequence[Tree], seed: int) -> dict[str, Any]:
    """What run.json holds: all that decides the weights."""
    data = hashlib.sha256(json.dumps(trees).encode()).hexdigest()[:12]
    settings = {"rows": ROWS, "rates": [*RATES], "batch": BATCH, "shape": SHAPE, "spread": SPREAD, "length": LENGTH}
    return {"trees": data, "seed": seed, **settings}


def _is_made(output: Path, note: dict[str, Any]) -> bool:
    """Whether the model is there already.

    Raises:
        UserError: something else is there.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return False
    try:
        old = json.loads((output / RUN).read_text(encoding="utf-8"))
        changed = [f"{name}: {old.get(name)} -> {new}" for name, new in note.items() if old.get(name) != new]
    except (OSError, ValueError, AttributeError):
        changed = [f"no {RUN} that can be read"]
    if changed:
        what = ", ".join(changed)
        raise UserError(f"{output} holds something else ({what}): give another --output_dir, or delete it")
    return True


def _make(trees: Sequence[Tree], output: str, seed: int) -> None:
    import torch
    from transformers import set_seed

    torch.set_num_threads(1)  # more wait for each other longer than so small a model computes
    plan = lessons(trees, ROWS, random.Random(seed))
    tokenizer = make_tokenizer(vocabulary(trees))
    set_seed(seed)
    model = make_model(tokenizer)
    print(f"{model.num_parameters():,} parameters, {len(tokenizer)} words")
    for number, rows in enumerate(plan, 1):
        print(f"lesson {number} of {len(plan)}: {len(rows):,} rows", flush=True)
        train(model, tokenizer, rows, rate=RATES[number - 1], last=number == len(plan), output=output, seed=seed)
    model.save_pretrained(output)
    tokenizer.save_pretrained(output)


def make_tokenizer(words: Sequence[str]) -> Any:
    """Every word is a token; words are what stands between spaces."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    ids = {word: number for number, word in enumerate([*SPECIAL, *words])}
    made = Tokenizer(models.WordLevel(ids, unk_token=UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens(list(SPECIAL))
    wrapped: Any = PreTrainedTokenizerFast  # typed in part
    return wrapped(tokenizer_object=made, pad_token=PAD, unk_token=UNKNOWN, eos_token=END, chat_template=TEMPLATE)


def make_model(tokenizer: Any) -> Any:
    """A Llama with random weights, of some 100,000 parameters."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            **SHAPE,
            vocab_size=len(tokenizer),
            max_position_embeddings=LENGTH,
            tie_word_embeddings=True,
            initializer_range=SPREAD,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )


def train(model: Any, tokenizer: Any, rows: list[Row], *, rate: float, last: bool, output: str, seed: int) -> None:
    """Trains the model in place on one lesson."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    settings = SFTConfig(
        output_dir=output,
        seed=seed,
        use_cpu=True,
        bf16=False,
        activation_checkpointing=False,  # costs time and saves memory, of which little is needed
        max_length=LENGTH,
        num_train_epochs=1,
        per_device_train_batch_size=BATCH,
        train_sampling_strategy="group_by_length",
        learning_rate=rate,
        lr_scheduler_type="cosine" if last else "constant_with_warmup",
        warmup_steps=0.05,
        weight_decay=0.01,
        logging_steps=100,
        save_strategy="no",
        report_to="none",
    )
    trainer = SFTTrainer(model=model, args=settings, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
    trainer.train()


if __name__ == "__main__":
    sys.exit(main())
