"""A dataset of trees in small, laid out as `i2a/trees` is, and models of some 30,000 parameters to train on it.

`write_trees` needs no torch. `save_models` does, and runs as a probe (tests/training/probes.py).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Message = dict[str, str]
Row = dict[str, Any]

PETS = ("cat", "dog", "owl", "fox", "hen", "🐢")
MARGINS = (0.05, 0.15, 0.3, 0.45, 0.1)  # two of the first bucket but one
TURNS = 4
TRAIN, TEST = 6, 2  # trees
UNDECIDED = {(0, 2), (7, 3)}  # (tree, turn): no row; so 23 rows of train and 7 of test, which 3 does not divide

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA3 = (
    "<|begin_of_text|>{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content | trim }}"
    "<|eot_id|>{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
MISTRAL = (
    "<s>{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }}[/INST]"
    "{% else %} {{ m.content }}</s>{% endif %}{% endfor %}"
)
THINKING = CHATML.replace("assistant\n{% endif %}", "assistant\n<think>{% endif %}")  # where no reply follows yet
MODELS = {"chatml": CHATML, "llama3": LLAMA3, "mistral": MISTRAL, "thinking": THINKING}
ENDS = {"chatml": "<|im_end|>", "llama3": "<|eot_id|>", "mistral": "</s>", "thinking": "<|im_end|>"}
MARKS = (
    *("<pad>", "<s>", "</s>", "[INST]", "[/INST]", "<think>", "<|im_start|>", "<|im_end|>"),
    *("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
)


def rendered(model: str, prompt: Sequence[Message], reply: str) -> tuple[str, str]:
    """What a model's template makes of a row, written down a second time: the context, and what is trained after it."""
    if model == "mistral":
        said = [f"[INST] {m['content']}[/INST]" if m["role"] == "user" else f" {m['content']}</s>" for m in prompt]
        return "<s>" + "".join(said), f" {reply}</s>"
    if model == "llama3":
        around = "<|start_header_id|>{}<|end_header_id|>\n\n"
        said = [around.format(m["role"]) + m["content"] + "<|eot_id|>" for m in prompt]
        return "<|begin_of_text|>" + "".join(said) + around.format("assistant"), f"{reply}<|eot_id|>"
    said = [f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in prompt]
    return "".join(said) + "<|im_start|>assistant\n", f"{reply}<|im_end|>\n"


def count(text: str) -> int:
    """Its tokens: each mark, each word, each white space."""
    marks = "|".join(map(re.escape, MARKS))
    return len(re.findall(rf"{marks}|\s|(?:(?!{marks})\S)+", text))


def tree(number: int) -> Row:
    """A dialogue, its nodes as `trees` holds them; every other turn goes on from the rejected reply."""
    nodes: list[Row] = []
    parent = None
    for turn in range(1, TURNS + 1):
        pet = PETS[(number + turn) % len(PETS)]
        margin = MARGINS[(number * TURNS + turn) % len(MARGINS)]
        user = {"id": len(nodes), "parent": parent, "turn": turn, "role": "user", "margin": None, "responder": None}
        nodes.append(user | {"content": f"my pet is {pet} . what now ?", "label": None, "continued": True})
        good, bad = (
            f"take a {pet} , friend .",
            "take any pet .\nbye" if turn % 2 else "well , take any pet then , sir .",
        )
        for responder, content in (("tailored", good), ("generic", bad)):
            label = "preferred" if responder == "tailored" else "rejected"
            reply = {
                "id": len(nodes),
                "parent": user["id"],
                "turn": turn,
                "role": "assistant",
                "margin": margin,
                "responder": responder,
                "content": content,
                "label": "undecided" if (number, turn) in UNDECIDED else label,
                "continued": (responder == "tailored") == (turn % 2 == 0),
            }
            nodes.append(reply)
            parent = reply["id"] if reply["continued"] else parent
    return {"tree_id": f"t-{number}", "persona_id": f"p-{number}", "rehearsal": True, "nodes": nodes}


def pairs(grown: Row) -> Iterator[tuple[list[Message], Row, Row, Row]]:
    """Of each decided pair the path that the dialogue took, the user's node, the preferred and the rejected reply."""
    path: list[Message] = []
    for at in range(0, len(grown["nodes"]), 3):
        user, tailored, generic = grown["nodes"][at : at + 3]
        path = [*path, {"role": "user", "content": user["content"]}]
        if tailored["label"] == "preferred":
            yield path, user, tailored, generic
        gone = tailored if tailored["continued"] else generic
        path = [*path, {"role": "assistant", "content": gone["content"]}]


def preference_rows(trees: Sequence[Row]) -> list[Row]:
    return [
        {
            "prompt": path,
            "chosen": [{"role": "assistant", "content": chosen["content"]}],
            "rejected": [{"role": "assistant", "content": rejected["content"]}],
            "tree_id": grown["tree_id"],
            "node": user["id"],
            "turn": user["turn"],
            "persona_id": grown["persona_id"],
            "margin": chosen["margin"],
            "rehearsal": grown["rehearsal"],
        }
        for grown in trees
        for path, user, chosen, rejected in pairs(grown)
    ]


def sft_rows(preference: Sequence[Row]) -> list[Row]:
    """Of rows of `preference`, those of `sft`."""
    left = ("chosen", "rejected")
    return [{**{k: v for k, v in row.items() if k not in left}, "completion": row["chosen"]} for row in preference]


def splits() -> dict[str, list[Row]]:
    """The trees."""
    return {
        "train": [tree(number) for number in range(TRAIN)],
        "test": [tree(TRAIN + number) for number in range(TEST)],
    }


def write_trees(folder: Path, configs: dict[str, dict[str, list[Row]]] | None = None) -> Path:
    """The release folder; `configs` (config -> split -> rows) in place of what a good one holds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    preference = {split: preference_rows(trees) for split, trees in splits().items()}
    if configs is None:
        sft = {split: sft_rows(rows) for split, rows in preference.items()}
        configs = {"trees": splits(), "preference": preference, "sft": sft}
    listed = ["---", "configs:"]
    hashes = {}
    for config, of in configs.items():
        listed += [f"- config_name: {config}", *(["  default: true"] if config == "trees" else []), "  data_files:"]
        for split, rows in of.items():
            name = f"{config}/{split}-00000-of-00001.parquet"
            (folder / config).mkdir(parents=True, exist_ok=True)
            table = pa.Table.from_pylist(rows or of["train"])
            with pq.ParquetWriter(folder / name, table.schema) as file:
                if rows:  # else a file without a row group, as a release has them
                    file.write_table(table)
            hashes[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            listed += [f"  - split: {split}", f"    path: {name}"]
    (folder / "README.md").write_text("\n".join([*listed, "---", "# i2a/trees\n"]))
    (folder / "manifest.json").write_text(json.dumps({"name": "i2a/trees", "files": hashes}))
    return folder


def texts() -> Iterator[str]:
    """Everything that the dataset says."""
    for trees in splits().values():
        for grown in trees:
            yield from (node["content"] for node in grown["nodes"])


def save_models(folder: str) -> None:
    """A tokenizer and random weights in a folder for each of `MODELS`; words and white space are tokens."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = sorted({piece for text in [*texts(), "user assistant \n"] for piece in re.findall(r"\s|\S+", text)})
    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate([*MARKS, *words, "<unk>"])}, "<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"\s|\S+"), "isolated")
    made.decoder = decoders.Fuse()
    fast: Any = PreTrainedTokenizerFast  # typed in part
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=made.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=512,
        initializer_range=0.2,  # with 0.02 an adapter on frozen weights learns next to nothing
        tie_word_embeddings=True,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config)
    for name, template in MODELS.items():
        tokenizer: Any = fast(
            tokenizer_object=made,
            pad_token="<pad>",
            eos_token=ENDS[name],
            additional_special_tokens=[mark for mark in MARKS if mark not in {"<pad>", ENDS[name]}],
            chat_template=template,
        )
        model.config.eos_token_id = model.generation_config.eos_token_id = tokenizer.eos_token_id
        model.save_pretrained(Path(folder) / name)
        tokenizer.save_pretrained(Path(folder) / name)
