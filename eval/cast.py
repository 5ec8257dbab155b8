"""Who plays: the models of a run, of any of Inspect's providers, or the rehearsal's rules."""

import argparse
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import yaml
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.hooks import Hooks, RunEnd, hooks
from inspect_ai.model import GenerateConfig, Model, ModelInfo, get_model, set_model_info
from inspect_ai.model._providers.openai import OpenAIAPI
from inspect_ai.model._providers.openai_compatible import OpenAICompatibleAPI
from rich.text import Text

from pipelines.cli import require_answer
from pipelines.errors import UserError
from pipelines.rehearsal import World, model_of, serve

ROLES = ("user", "judge", "inducer", "second_judge")
TIMEOUT, ATTEMPT_TIMEOUT = 900, 300
"""Seconds: until a call is given up, all its attempts together; and one attempt of it."""
LIMITS = GenerateConfig(timeout=TIMEOUT, attempt_timeout=ATTEMPT_TIMEOUT)  # what the command line says reaches no role
_NONE = "none/none"  # Inspect's model that is none: without a default, a role that nobody plays is the evaluated model
_SERVICE = "openai-api/rehearsal"
_OPENAI = OpenAIAPI | OpenAICompatibleAPI
_quickened: list[OpenAIAPI | OpenAICompatibleAPI] = []


@dataclass(frozen=True)
class Cast:
    """Who plays beside the evaluated model."""

    user: Model
    judge: Model
    inducer: Model
    second_judge: Model | None

    @classmethod
    def of_roles(cls) -> "Cast":
        """The models that the run names for the roles; the judge's model plays the inducer where none is named.

        Raises:
            PrerequisiteError: nobody plays the user or the judge.
        """
        user, judge = (get_model(role=role, required=True, config=LIMITS) for role in ("user", "judge"))
        inducer = get_model(role="inducer", default=judge, config=LIMITS)
        second = get_model(role="second_judge", default=_NONE, config=LIMITS)
        for model in (user, judge, inducer, second, get_model()):
            quicken(model)
        return cls(user, judge, inducer, None if str(second) == _NONE else second)


def quicken(model: Model) -> None:
    """Gives a model of an OpenAI-compatible server the aiohttp client, which makes twice as many calls a second."""
    api = model.api
    if isinstance(api, _OPENAI) and api not in _quickened:
        api.http_client = openai.DefaultAioHttpClient()
        api.initialize()
        _quickened.append(api)


@hooks(name="aloe_clients", description="closes the HTTP clients of a run")
class Clients(Hooks):
    async def on_run_end(self, data: RunEnd) -> None:  # noqa: ARG002 - a hook's form
        while _quickened:
            await _quickened.pop().http_client.aclose()


@contextmanager
def playing(options: argparse.Namespace, world: World) -> Iterator[tuple[Model, dict[str, Model]]]:
    """The evaluated model and those of the roles; the rehearsal's endpoint runs meanwhile, where it plays.

    Raises:
        UserError: a role that nobody plays, or a model that Inspect does not know.
    """
    named = {role: getattr(options, role) for role in ROLES if getattr(options, role)}
    rehearsal = options.rehearsal or not (options.model or named)
    if not rehearsal and (missing := [role for role in ("model", "user", "judge") if not getattr(options, role)]):
        raise UserError(
            f"--{missing[0]} is missing: name a model for it, or give --rehearsal, where rules play every role that is "
            "not named"
        )
    if options.M and not options.model:
        raise UserError("-M goes with --model: it is for the provider of the evaluated model")
    own = GenerateConfig(max_tokens=options.max_tokens, temperature=options.temperature)
    limits = GenerateConfig(
        max_connections=options.concurrency,
        timeout=options.timeout,
        attempt_timeout=min(ATTEMPT_TIMEOUT, options.timeout),
    )
    with ExitStack() as stack:
        if rehearsal:
            os.environ["REHEARSAL_BASE_URL"] = stack.enter_context(serve(world=world, seed=options.seed))
            os.environ["REHEARSAL_API_KEY"] = "none"
            rules = ("user",) if "judge" in named else ("user", "judge", "inducer")  # the judge's model is the inducer
            named = {role: f"{_SERVICE}/{model_of(role, world)}" for role in rules} | named
        model = options.model or f"{_SERVICE}/{model_of('assistant', world)}"
        roles = {role: _model(name, limits) for role, name in named.items()}
        evaluated = _model(model, limits.merge(own), **_arguments(options.M))
        if weights(options):
            set_model_info(model, ModelInfo())  # nothing is known of it elsewhere: Inspect would ask the Hub, and wait
        apis = [one.api for one in (evaluated, *roles.values()) if isinstance(one.api, _OPENAI)]
        for base_url, key in dict.fromkeys((api.base_url, api.api_key) for api in apis):
            require_answer(base_url, key, "its key")
        yield evaluated, roles


def weights(options: argparse.Namespace) -> list[str]:
    """A hash of the names, sizes and times of the files in the folder of local weights: trained anew, they are another
    model; nothing where the model is none of a folder here.
    """
    named = _arguments(options.M).get("model_path") or (options.model or "").partition("/")[2]
    folder = Path(str(named))
    if not named or not folder.is_dir():
        return []
    files = sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in folder.glob("*.safetensors"))
    return [hashlib.sha256(repr(files).encode()).hexdigest()[:8]]


def _model(name: str, config: GenerateConfig, **arguments: Any) -> Model:  # noqa: ANN401 - whatever a provider takes
    try:
        return get_model(name, config=config, memoize=False, **arguments)  # the rehearsal has a new address each time
    except (PrerequisiteError, ValueError, ImportError, OSError) as error:
        why = Text.from_markup(str(error.message)).plain if isinstance(error, PrerequisiteError) else str(error)
        raise UserError(f"the model {name} can't be had: {' '.join(why.split())}") from error


def _arguments(given: Sequence[str]) -> dict[str, Any]:
    """What -M gives a provider: values are read as YAML, as Inspect reads them."""
    pairs = [argument.partition("=") for argument in given]
    if wrong := [name for name, equals, _ in pairs if not (name and equals)]:
        raise UserError(f"-M {wrong[0]}: give KEY=VALUE")
    try:
        return {name.replace("-", "_"): yaml.safe_load(value) for name, _, value in pairs}
    except yaml.YAMLError as error:
        raise UserError(f"-M {' '.join(given)}: a value is no YAML: {' '.join(str(error).split())}") from error
