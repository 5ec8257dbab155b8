"""Direct preference optimisation, from the SFT result, on the preferred and the rejected replies.

    python training/dpo.py --config training/recipes/qwen2.5-0.5b/dpo.yaml
    python training/dpo.py --config training/recipes/qwen2.5-0.5b/dpo.yaml --min_margin 0.2 --precompute_ref_log_probs

Options are those of TRL's DPOConfig, ModelConfig and ScriptArguments, as keys of the YAML file or as flags, which win;
`trl dpo --config FILE` takes the same file. The model may be the LoRA adapter that sft.py made: with `--use_peft` that
adapter is trained on, and is its own reference as it was; without, it is merged. A killed run goes on by the same
command. Rafailov et al., 2023, arXiv 2305.18290.
"""

import sys
from collections.abc import Sequence

from training.evaluation import dpo_rows, reward
from training.options import guarded
from training.run import Kind, run


def main(argv: Sequence[str] | None = None) -> int:
    return guarded(lambda: run(_kind(), argv, __doc__))


def _kind() -> Kind:
    from trl import DPOConfig, DPOTrainer

    return Kind("preference", DPOConfig, DPOTrainer, dpo_rows, reward)


if __name__ == "__main__":
    sys.exit(main())
