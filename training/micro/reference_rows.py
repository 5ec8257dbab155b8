r"""SFT rows out of trees as the paper's reference code builds them, its mistakes included: to show what these cost.

    python training/micro/reference_rows.py --dataset_name micro/trees --out micro/reference-rows
    python training/sft.py --config training/recipes/micro/sft.yaml --dataset_name micro/reference-rows \
        --output_dir out/micro/reference-sft

Row k of a tree, of ten, is one text, and the loss is taken over all of it (`training/SFT.py` of ShujinWu-0814/ALOE):

    user: my pet is cat . any idea for a trip ?          <- turn 1
    assistant: PREFERRED REPLY OF TURN 1
    user: my pet is cat . any idea for a trip ?          <- turn 1 again
    assistant: PREFERRED REPLY OF TURN 2                 and so on, to turn k

| mistake | how it shows in a row |
| --- | --- |
| user turn 0 in every turn | every user message is the first one: what the user told later is in no row |
| spliced replies | the preferred reply of each turn, also where the dialogue went on from the rejected one |
| user text is trained on | `prompt` is the first message alone; `completion` all that follows, both sides |
| rows of one path overlap | the reply of turn 1 is trained on in each of the ten rows, that of turn 10 in one |
| anything but "first" is "second" | of a pair that the judge did not decide, the second, generic one is preferred |

Other than there, the first message has no loss, since TRL wants a prompt; its copies do (with a loss on it, too, as
`trl sft` takes of `messages`, the model was as far off topic). Nothing is packed, and no rows of other datasets are
mixed in. The folder has one config, `sft`, for training/sft.py and `trl sft` as they are.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from training.micro.dialogue import Messages, Tree, load
from training.options import UserError, guarded

SPLITS = ("train", "test")
README = """---
configs:
- config_name: sft
  data_files:
  - split: train
    path: sft/train.jsonl
  - split: test
    path: sft/test.jsonl
---
# Wrong on purpose

SFT rows with the mistakes of the paper's reference code. `python training/micro/reference_rows.py --help` lists them.
"""


def rows(tree: Tree) -> Iterator[dict[str, Any]]:
    """A row a turn: `prompt`, `completion`, `turn` and where it is from."""
    said: Messages = []
    for user in (node for node in tree["nodes"] if node["role"] == "user"):
        again = {"role": "user", "content": tree["nodes"][0]["content"]}
        said = [*said, again, {"role": "assistant", "content": _preferred(tree, user["id"])}]
        yield {
            "prompt": said[:1],
            "completion": said[1:],
            "turn": user["turn"],
            **{column: tree[column] for column in ("tree_id", "persona_id", "rehearsal")},
        }


def _preferred(tree: Tree, user: int) -> str:
    """The preferred reply to a user's node; the generic one where the judge preferred neither."""
    replies = {node["responder"]: node for node in tree["nodes"] if node["parent"] == user}
    taken = "tailored" if replies["tailored"]["label"] == "preferred" else "generic"
    return str(replies[taken]["content"])


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset_name", default="micro/trees", metavar="NAME", help="folder or Hub id (micro/trees)")
    parser.add_argument(
        "--out", type=Path, default="micro/reference-rows", metavar="DIR", help="the rows (micro/reference-rows)"
    )
    options = parser.parse_args(argv)
    return guarded(lambda: _run(options.dataset_name, options.out))


def _run(dataset: str, out: Path) -> None:
    made = {split: [row for tree in load(dataset, split) for row in rows(tree)] for split in SPLITS}
    files = {"README.md": README}
    files |= {f"sft/{split}.jsonl": "".join(json.dumps(row) + "\n" for row in of) for split, of in made.items()}
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    files["manifest.json"] = json.dumps({"files": hashes}, indent=1) + "\n"
    if _is_made(out, files["manifest.json"]):
        print(f"nothing to do: {out} was made by this very command")
        return
    aside = out.with_name(f"{out.name}.part")  # so that a folder of that name is whole
    (aside / "sft").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (aside / name).write_text(text, encoding="utf-8")
    aside.replace(out)
    print(", ".join(f"{split}: {len(of):,} rows" for split, of in made.items()) + f"; saved in {out}")


def _is_made(out: Path, manifest: str) -> bool:
    """Whether the rows are there already.

    Raises:
        UserError: something else is there.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    file = out / "manifest.json"
    if file.is_file() and file.read_bytes() == manifest.encode():
        return True
    raise UserError(f"{out} holds something else than these rows of these trees: give another --out, or delete it")


if __name__ == "__main__":
    sys.exit(main())
