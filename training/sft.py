"""Supervised fine-tuning on the preferred replies.

    python training/sft.py --config training/recipes/qwen2.5-0.5b/sft.yaml
    python training/sft.py --config training/recipes/qwen2.5-0.5b/sft.yaml --use_peft --learning_rate 2e-4

Options are those of TRL's SFTConfig, ModelConfig and ScriptArguments, as keys of the YAML file or as flags, which win;
`trl sft --config FILE` takes the same file. Before the run it tells what would be trained on; the loss is taken over
the replies alone. A killed run goes on by the same command. arXiv 2410.03642, section 3.
"""

import sys
from collections.abc import Sequence

from training.evaluation import loss, sft_rows
from training.options import guarded
from training.run import Kind, run


def main(argv: Sequence[str] | None = None) -> int:
    return guarded(lambda: run(_kind(), argv, __doc__))


def _kind() -> Kind:
    from trl import SFTConfig, SFTTrainer

    return Kind("sft", SFTConfig, SFTTrainer, sft_rows, loss)


if __name__ == "__main__":
    sys.exit(main())
