"""What the stages tell their cards alike: who played, what it took, which prompts, and whose terms go with the texts.

Each function gives plain facts; `cards/templates/parts.md.jinja2` lists them.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from cards import release
from cards.figures import Figure
from cards.vocabulary import is_repo_id
from pipelines.cast import Cast, Player

# Provider, the page that leads to its terms, and the names of its models, of which the last part of a path counts: what
# stands before it is who serves or keeps them. A name may belong to several: a model that was trained on another one's
# output or weights says so in its name. Others than OpenAI call theirs gpt- too, and its own gpt-oss has other terms.
_PROVIDERS: tuple[tuple[str, str, str], ...] = (
    ("OpenAI", "https://openai.com/policies/", r"(?:^|:)(?:gpt-[345](?!all)|chatgpt|o[1-9]\b)"),
    ("Anthropic", "https://www.anthropic.com/legal/commercial-terms", r"claude"),
    ("Google, Gemini API", "https://ai.google.dev/gemini-api/terms", r"gemini"),
    ("Google, Gemma", "https://ai.google.dev/gemma/terms", r"gemma"),
    ("Meta, Llama", "https://github.com/meta-llama/llama-models", r"llama"),
    ("Mistral AI", "https://mistral.ai/terms", r"mistral|mixtral|ministral|magistral|codestral"),
    ("Alibaba Cloud, Qwen", "https://huggingface.co/Qwen", r"qwen|qwq"),
)


def common(
    cast: Cast,
    manifest: Mapping[str, Any],
    usage: Mapping[str, Mapping[str, int]],
    *,
    license_id: str,
    tags: Sequence[str],
    models: Iterable[str] = (),
) -> dict[str, Any]:
    """The facts that every card needs, but for its title, its sources and its figures.

    Args:
        usage: role -> calls, tokens_in, tokens_out.
        models: other ones whose texts are in the data, such as the personas' writers.
    """
    played = [] if cast.rehearsal else [player.model for player in cast.players.values()]
    return {
        "rehearsal": manifest["rehearsal"],
        "license": license_id,
        "tags": [*tags, *(["rehearsal"] if manifest["rehearsal"] else [])],
        "cast": [cast_row(player) for player in cast.players.values()],
        "seed": manifest["recipe"]["seed"],
        # In an order of their own: a manifest that was read from its file is sorted.
        "prompts": dict(sorted(manifest["recipe"]["prompts"].items())),
        "packages": dict(sorted(manifest["versions"].items())),
        "usage": [
            {"role": role, **usage[role], "cost": _cost(player, usage[role])}
            for role, player in cast.players.items()
            if role in usage
        ],
        "terms": terms([*played, *models]),
        "review": manifest.get("review"),
    }


def pictures(figures: Sequence[Figure], report: str | None) -> dict[str, Any]:
    """The facts about the figures of a release, and about the page that has them all."""
    return {
        "figures": [{"file": f"{one.name}.png", "title": one.title, "caption": one.caption} for one in figures],
        "report": None if report is None else f"figures/{report}",
    }


def as_read(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest as it comes out of its file, so that what is made of it is the same before and after."""
    read: dict[str, Any] = json.loads(release.as_text(manifest))
    return read


def prices(cast: Cast) -> dict[str, dict[str, float]]:
    """Role -> money per million tokens, of the roles that have a price."""
    return {role: asdict(player.price) for role, player in cast.players.items() if player.price is not None}


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Of i2a itself and of the packages that a stage stands on."""
    return {name: version(name) for name in ("i2a", *packages)}


def source_datasets(*repo_ids: str) -> list[str]:
    """The datasets that another one is made of, those whose names the Hub takes: a folder may be called anything."""
    return [name for name in repo_ids if is_repo_id(name)]


def cast_row(player: Player) -> dict[str, Any]:
    """Who played a role, with the settings that determine the replies.

    >>> cast_row(Player("judge", "OpenAILLM", {"model": "m", "generation_kwargs": {"temperature": 0.0}}))
    {'role': 'judge', 'llm': 'OpenAILLM', 'model': 'm', 'settings': {'temperature': 0.0}}
    """
    described = player.published()
    own = {name: value for name, value in described.items() if name not in ("llm", "generation_kwargs")}
    settings = {name: value for name, value in own.items() if value != player.model}  # each class has its name for it
    generation = described.get("generation_kwargs", {})
    return {"role": player.role, "llm": player.llm, "model": player.model, "settings": {**generation, **settings}}


def terms(models: Iterable[str]) -> list[dict[str, Any]]:
    """Whose terms go with what these models wrote, by the models' names; provider and url are None where no name says.

    >>> [(row["provider"], row["models"]) for row in terms(["openai/gpt-4o", "my-model", "Qwen/Qwen2.5-7B-Instruct"])]
    [('OpenAI', ['openai/gpt-4o']), ('Alibaba Cloud, Qwen', ['Qwen/Qwen2.5-7B-Instruct']), (None, ['my-model'])]
    """
    names = sorted(set(models))
    rows: list[dict[str, Any]] = []
    for provider, url, pattern in _PROVIDERS:
        if found := [name for name in names if re.search(pattern, _last_part(name), re.IGNORECASE)]:
            rows.append({"models": found, "provider": provider, "url": url})
    known = {name for row in rows for name in row["models"]}
    if unknown := [name for name in names if name not in known]:
        rows.append({"models": unknown, "provider": None, "url": None})
    return rows


def _last_part(name: str) -> str:
    return re.split(r"[/\\]", name.rstrip("/\\"))[-1]


def _cost(player: Player, use: Mapping[str, int]) -> float | None:
    return None if player.price is None else player.price.of(use["tokens_in"], use["tokens_out"])
