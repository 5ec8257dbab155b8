"""The twenty seeds of each kind that the rehearsal's micro world begins with, made by rule."""

from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.world import micro
from pipelines.seeds.reader import Kind, Seed

_COUNT = 20


def micro_seeds() -> dict[Kind, list[Seed]]:
    """Always the same ones.

    >>> micro_seeds()["profile"][0].source
    'the micro world:1'
    """
    return {
        "profile": [_seed(micro.profile(Draw("profile seed", number)), number) for number in range(_COUNT)],
        "personality": [_seed(micro.personality(Draw("personality seed", number)), number) for number in range(_COUNT)],
    }


def _seed(statements: list[str], number: int) -> Seed:
    return Seed(" ".join(statements), statements, f"the micro world:{number + 1}")
