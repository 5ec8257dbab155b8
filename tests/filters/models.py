"""Tiny sentence-transformers models with random weights, and what `load_embedder` makes of them.

Run as `python -m tests.filters.models FOLDER`, it prints its findings as JSON: torch must not be imported in the
process that runs the tests, since other tests there fork.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from filters.embed import EmbedderError, load_embedder

WORDS = ["keeps", "eleven", "hens", "ducks", "mends", "clocks", "sings", "in", "a", "choir", "by", "the", "sea"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = ["Keeps eleven hens.", "Sings in a choir by the sea.", "Mends clocks.", "Keeps eleven hens."]
DIM = 16


def tokenizer() -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {word: number for number, word in enumerate(SPECIAL + WORDS)}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


def save_static(folder: Path, seed: int) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    torch.manual_seed(seed)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer(), embedding_dim=DIM)]).save(str(folder))


def save_transformer(folder: Path, seed: int) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(SPECIAL + WORDS),
        hidden_size=DIM,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    bare = folder.with_name(folder.name + "-bare")
    BertModel(config).save_pretrained(bare)
    names = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], SPECIAL, strict=True))
    words: Any = PreTrainedTokenizerFast  # typed in part
    words(tokenizer_object=tokenizer(), **names).save_pretrained(bare)
    SentenceTransformer(modules=[Transformer(str(bare)), Pooling(DIM, "mean")]).save(str(folder))


def examine(folder: Path, cache: Path) -> dict[str, Any]:
    """What a user's call gives for the model in this folder."""
    embedder = load_embedder(str(folder), cache)
    rows = embedder.encode(TEXTS)
    one_by_one = np.concatenate([load_embedder(str(folder)).encode([text]) for text in TEXTS])
    return {
        "name": embedder.name,
        "identity": embedder.identity,
        "dim": embedder.dim,
        "shape": rows.shape,
        "dtype": str(rows.dtype),
        "lengths": np.linalg.norm(rows, axis=1).tolist(),
        "first_is_last": bool((rows[0] == rows[3]).all()),
        "batch_difference": float(np.abs(rows - one_by_one).max()),
        "again_the_same": bool((embedder.encode(TEXTS) == rows).all()),
        "rows": rows.tolist(),
    }


def failure(folder: Path) -> str:
    try:
        load_embedder(str(folder))
    except EmbedderError as error:
        return str(error)
    return "no error"


def main(work: Path) -> None:
    cache = work / "cache"
    found: dict[str, Any] = {}
    save_static(work / "static", seed=0)
    save_transformer(work / "transformer", seed=0)
    found["static"] = examine(work / "static", cache)
    found["transformer"] = examine(work / "transformer", cache)
    (work / "static").rename(work / "moved")
    found["moved"] = examine(work / "moved", cache)
    save_transformer(work / "transformer", seed=1)
    found["retrained"] = examine(work / "transformer", cache)
    (work / "empty").mkdir()
    found["empty"] = failure(work / "empty")
    weights = work / "moved" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    found["cut"] = failure(work / "moved")
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
