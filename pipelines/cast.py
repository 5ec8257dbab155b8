"""Who plays which role: `--llm`, a YAML cast, or the rehearsal, turned into Distilabel LLMs.

A cast names a class of distilabel.models and its settings for each role, or for all that are not named:

    default: {llm: OpenAILLM, model: gpt-4o-mini}
    writer:
      llm: OpenAILLM
      model: gpt-4o
      generation_kwargs: {temperature: 0.8, max_new_tokens: 4096}
      price: {input: 2.5, output: 10.0}     # money per million tokens
    judge: {llm: vLLM, model: Qwen/Qwen2.5-7B-Instruct}

Keys come from the environment alone: `OPENAI_API_KEY`, or the variable that `api_key_env` names.
"""

import inspect
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from pipelines.errors import UserError
from pipelines.rehearsal import World, model_of

if TYPE_CHECKING:
    from distilabel.models import LLM

# What each role's model is asked for unless the cast says otherwise; the paper's temperature for the writer.
ROLES: dict[str, dict[str, float]] = {
    "writer": {"temperature": 0.8, "max_new_tokens": 6144},
    "user": {"temperature": 0.8, "max_new_tokens": 256},
    "inducer": {"temperature": 0.0, "max_new_tokens": 128},
    "tailored": {"temperature": 0.8, "max_new_tokens": 256},
    "generic": {"temperature": 0.8, "max_new_tokens": 256},
    "judge": {"temperature": 0.0, "max_new_tokens": 256},
}
_OWN_KEYS = ("llm", "price")
_MODEL_KEYS = ("model", "model_id", "endpoint_name", "model_path")  # what Distilabel's classes call it
_NO_MATTER = ("base_url", "api_key_env", "timeout", "max_retries")  # settings that change no reply
_PATHS = (*_MODEL_KEYS, "tokenizer", "tokenizer_id")  # settings that may be a file or folder of this machine
_REHEARSAL = "rehearsal/"  # what the names of its models begin with
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Price:
    """Money per million tokens, in the currency of the user's choice."""

    input: float
    output: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        return (self.input * tokens_in + self.output * tokens_out) / 1_000_000


@dataclass(frozen=True)
class Player:
    """One role's class and settings."""

    role: str
    llm: str
    settings: dict[str, Any]
    price: Price | None = None

    @property
    def model(self) -> str:
        """Its name, as it may be published."""
        return _publishable(next(self.settings[name] for name in _MODEL_KEYS if name in self.settings))

    def published(self) -> dict[str, Any]:
        """As `describe`, for manifest and card: of a path its last part, not where that stands on this machine."""
        return {name: _publishable(value) if name in _PATHS else value for name, value in self.describe().items()}

    def describe(self) -> dict[str, Any]:
        """What determines its replies, for the journal: no address and no time-out, which may change."""
        settings = {name: value for name, value in self.settings.items() if name not in _NO_MATTER}
        return {"llm": self.llm, **settings}

    def build(self) -> "LLM":
        """The Distilabel LLM, not yet loaded, with no key in any of its fields.

        Raises:
            UserError: the class refuses a setting.
        """
        from pydantic import ValidationError

        try:
            return _llm_class(self.llm)(**self.settings)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise UserError(f"the cast's {self.role} ({self.llm}) is not valid: {wrong}") from None


@dataclass(frozen=True)
class Cast:
    """The players of one run."""

    players: dict[str, Player]
    rehearsal: bool = field(default=False, kw_only=True)

    @classmethod
    def published_in(cls, manifest: Mapping[str, Any], roles: Sequence[str]) -> "Cast":
        """The cast of a release, as its manifest tells it: to be told of, not to be called."""
        told, prices = manifest["recipe"]["cast"], manifest["prices"]
        players = {}
        for role in roles:
            settings = {name: value for name, value in told[role].items() if name != "llm"}
            price = Price(**prices[role]) if role in prices else None
            players[role] = Player(role, told[role]["llm"], settings, price)
        return cls(players, rehearsal=all(player.model.startswith(_REHEARSAL) for player in players.values()))

    def describe(self) -> dict[str, dict[str, Any]]:
        return {role: player.describe() for role, player in self.players.items()}

    def published(self) -> dict[str, dict[str, Any]]:
        return {role: player.published() for role, player in self.players.items()}


def rehearsal_cast(roles: list[str], base_url: str, world: World = "full") -> Cast:
    """The offline cast of a world, behind the endpoint that `pipelines.rehearsal` serves."""
    players = {
        role: _player(role, "OpenAILLM", {"model": model_of(role, world), "base_url": base_url}) for role in roles
    }
    return Cast(players, rehearsal=True)


def single_cast(roles: list[str], llm: str, base_url: str | None) -> Cast:
    """`openai:MODEL` for every role.

    Raises:
        UserError: another prefix, no model, or no key where one is needed.
    """
    provider, _, model = llm.partition(":")
    if provider != "openai" or not model:
        raise UserError(f"--llm {llm}: expected openai:MODEL (any OpenAI-compatible server with --base-url); "
                        "other classes are named in a --cast file")  # fmt: skip
    settings = {"model": model} | ({"base_url": base_url} if base_url else {})
    return Cast({role: _player(role, "OpenAILLM", settings) for role in roles})


def read_cast(path: Path, roles: list[str]) -> Cast:
    """The cast of a YAML file, for the roles that a stage needs.

    Raises:
        UserError: unreadable, an unknown role, class or key, or a role that nobody plays; says which are known.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--cast {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"--cast {path} is no YAML: {error}") from error
    if not isinstance(content, Mapping):
        raise UserError(f"--cast {path}: expected a mapping of roles, found {type(content).__name__}")
    for role, entry in content.items():
        if role not in (*ROLES, "default"):
            raise UserError(f"--cast {path}: unknown role `{role}`; known: default, {', '.join(ROLES)}")
        if not isinstance(entry, Mapping) or not isinstance(entry.get("llm"), str):
            raise UserError(f"--cast {path}: `{role}` needs `llm`, a class of distilabel.models, and its settings")
        _entry(role, entry)  # those that this stage does not need are checked as well
    players = {}
    for role in roles:
        if (entry := content.get(role, content.get("default"))) is None:
            raise UserError(f"--cast {path}: nobody plays the {role}; name it, or a `default`")
        players[role] = _entry(role, entry)
    return Cast(players)


def require_keys(cast: Cast) -> None:
    """Sees that every OpenAI-compatible endpoint has an address and, unless it is on this machine, a key.

    Raises:
        UserError: one has none.
    """
    for player in cast.players.values():
        if player.llm == "OpenAILLM":
            _require_key(player)


def _require_key(player: Player) -> None:
    variable = player.settings.get("api_key_env", "OPENAI_API_KEY")
    address = player.settings.get("base_url") or os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except (ValueError, AttributeError):
        whole = False
    if not whole:
        raise UserError(f"the {player.role}'s base_url is {address!r}, expected an address as http://HOST:PORT/v1")
    if parts.username or parts.password:
        raise UserError(f"the {player.role}'s base_url holds a name or password; keys come from the environment alone")
    if not isinstance(variable, str):
        raise UserError(f"the {player.role}'s api_key_env is {variable!r}, expected the name of a variable")
    if not os.environ.get(variable) and parts.hostname not in _LOOPBACK:
        raise UserError(f"no key for the {player.role} at {address}: set the environment variable {variable}")


def _publishable(name: object) -> str:
    """A model's name; of a path on this or another machine its last part.

    >>> _publishable("/home/somebody/models/phi-4.gguf"), _publishable("Qwen/Qwen2.5-7B-Instruct")
    ('phi-4.gguf', 'Qwen/Qwen2.5-7B-Instruct')
    """
    path = Path(str(name))
    return path.absolute().name if path.is_absolute() or path.exists() else str(name)


def _entry(role: str, entry: Mapping[str, Any]) -> Player:
    settings = {key: value for key, value in entry.items() if key not in _OWN_KEYS}
    return _player(role, entry["llm"], settings, _price(role, entry.get("price")))


def _player(role: str, llm: str, settings: dict[str, Any], price: Price | None = None) -> Player:
    """Checks the settings of one role against its class, and fills in the role's usual ones."""
    llm_class = _llm_class(llm)
    known = set(llm_class.model_fields) - {"api_key", "default_headers", "jobs_ids"}
    if unknown := sorted(set(settings) - known):
        why = "keys come from the environment alone (see `api_key_env`)" if unknown[0] in llm_class.model_fields else ""
        raise UserError(
            f"the cast's {role}: {llm} has no setting `{unknown[0]}` here; "
            f"{why or 'known: llm, price, ' + ', '.join(sorted(known))}"
        )
    if not any(name in settings for name in _MODEL_KEYS):
        named = [name for name in _MODEL_KEYS if name in known]
        raise UserError(f"the cast's {role}: `{'` or `'.join(named)}` is missing")
    takes = _generation_parameters(llm_class)
    asked = settings.get("generation_kwargs") or {}
    if not isinstance(asked, Mapping):
        raise UserError(f"the cast's {role}: generation_kwargs is {asked!r}, expected a mapping")
    if unknown := sorted(set(asked) - takes):
        raise UserError(
            f"the cast's {role}: {llm} takes no `{unknown[0]}` in generation_kwargs; known: {', '.join(sorted(takes))}"
        )
    usual = {name: value for name, value in ROLES.get(role, {}).items() if name in takes}
    return Player(role, llm, {**settings, "generation_kwargs": {**usual, **asked}}, price)


def _llm_class(name: str) -> Any:  # noqa: ANN401 - a Distilabel class, and the package ships no types
    """The class of that name: the OpenAI-compatible one is ours, the rest are Distilabel's."""
    from distilabel import models

    from pipelines.openai_llm import OpenAILLM

    classes = {n: c for n, c in vars(models).items() if inspect.isclass(c) and issubclass(c, models.LLM)}
    classes = {n: c for n, c in classes.items() if not inspect.isabstract(c)} | {"OpenAILLM": OpenAILLM}
    if name not in classes:
        raise UserError(f"unknown LLM class `{name}`; known: {', '.join(sorted(classes))}")
    return classes[name]


def _generation_parameters(llm_class: Any) -> set[str]:  # noqa: ANN401 - as in _llm_class
    from distilabel import models

    call = llm_class.agenerate if issubclass(llm_class, models.AsyncLLM) else llm_class.generate
    own = ("self", "input", "inputs", "num_generations", "kwargs", "response_schema", "seed")
    return {name for name in inspect.signature(call).parameters if name not in own}


def _price(role: str, price: object) -> Price | None:
    if price is None:
        return None
    if isinstance(price, Mapping) and set(price) == {"input", "output"}:
        numbers = [price["input"], price["output"]]
        if all(isinstance(n, int | float) and not isinstance(n, bool) and n >= 0 for n in numbers):
            return Price(*map(float, numbers))
    raise UserError(
        f"the cast's {role}: price is {price!r}, expected {{input: NUMBER, output: NUMBER}} per million tokens"
    )
