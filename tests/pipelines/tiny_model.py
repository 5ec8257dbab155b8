"""A chat model of some 30,000 parameters with a tokenizer of its own, for training without weights of anybody's.

Run as `python -m tests.pipelines.tiny_model TREES FOLDER`: torch must not be imported in the process that runs the
tests, since other tests there fork.
"""

import sys
from pathlib import Path
from typing import Any

from pipelines.records import read_release
from pipelines.schema import TreeRow

TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
AROUND = 2
"""Tokens that the template sets around a message."""
VOCABULARY = 400
"""So few that a token is two characters of English: the least that a card's `--max_length` reckons with."""


def tokenizer(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<pad>", "<end>", "<user>", "<assistant>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    words: Any = PreTrainedTokenizerFast  # typed in part
    return words(tokenizer_object=made, pad_token="<pad>", eos_token="<end>", chat_template=TEMPLATE)


def save(texts: list[str], folder: Path) -> None:
    """The tokenizer is trained on the texts, the model on nothing."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    words = tokenizer(texts)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    words.save_pretrained(folder)


if __name__ == "__main__":
    splits = read_release(Path(sys.argv[1]), "trees", TreeRow)
    save([node.content for trees in splits.values() for tree in trees for node in tree.nodes], Path(sys.argv[2]))
