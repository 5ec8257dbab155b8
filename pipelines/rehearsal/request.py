"""A chat completion request, checked, in the form that the rest of the rehearsal works with."""

from dataclasses import dataclass
from typing import Any

import orjson

from pipelines.rehearsal import World, model_of
from pipelines.rehearsal.tags import Message

ROLES = ("writer", "user", "inducer", "tailored", "generic", "judge", "assistant")
MICRO_ROLES = (*ROLES, "manner")
MAX_CHOICES = 128
CHARACTERS_PER_TOKEN = 4
_SPEAKERS = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_FORMATS = ("text", "json_object", "json_schema")


class ApiError(Exception):
    """A request that cannot be served; it becomes an error reply in OpenAI's form."""

    def __init__(self, message: str, param: str | None = None, *, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.param, self.status, self.code = param, status, code

    def body(self) -> bytes:
        error = {"message": str(self), "type": "invalid_request_error", "param": self.param, "code": self.code}
        return orjson.dumps({"error": error})


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What of a request decides the reply, and how much of it is wanted."""

    role: str
    messages: tuple[Message, ...]
    seed: int | None
    choices: int
    max_tokens: int | None

    def key(self) -> str:
        """Names the request: equal keys, equal replies."""
        return orjson.dumps([self.role, [[said.role, said.content] for said in self.messages], self.seed]).decode()


def tokens(text: str) -> int:
    """A cheap estimate that depends on the text alone: one token for every four characters, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def models(world: World) -> dict[str, str]:
    """The models of a world, each with its role."""
    return {model_of(role, world): role for role in (MICRO_ROLES if world == "micro" else ROLES)}


def parse(raw: bytes, world: World = "full") -> ChatRequest:
    """Reads the body of POST /v1/chat/completions.

    Raises:
        ApiError: with status 404 for a model that this world has not, else 400; the message says what is wrong and
            what is right.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(f"The request body is no valid JSON: {error}.") from None
    if not isinstance(body, dict):
        raise ApiError(f"The request body must be a JSON object, not {_kind(body)}.")
    if body.get("stream"):
        raise ApiError("Streaming is not supported by the rehearsal: leave `stream` out or set it to false.", "stream")
    _check_format(body.get("response_format"))
    _number(body, "temperature", 0, 2)
    return ChatRequest(
        role=_role(body.get("model"), models(world)),
        messages=_messages(body.get("messages")),
        seed=_integer(body, "seed", -(2**63), 2**63 - 1),
        choices=_integer(body, "n", 1, MAX_CHOICES) or 1,
        max_tokens=_integer(body, "max_completion_tokens", 1, 2**31) or _integer(body, "max_tokens", 1, 2**31),
    )


def _role(model: object, known: dict[str, str]) -> str:
    if not isinstance(model, str):
        raise ApiError(f"`model` must be a string, not {_kind(model)}.", "model")
    if model not in known:
        raise ApiError(
            f"The model {model!r} does not exist. The rehearsal has {', '.join(known)}.",
            "model",
            status=404,
            code="model_not_found",
        )
    return known[model]


def _messages(messages: object) -> tuple[Message, ...]:
    if not isinstance(messages, list):
        raise ApiError(f"`messages` must be a list, not {_kind(messages)}.", "messages")
    if not messages:
        raise ApiError("`messages` must hold at least one message, it is empty.", "messages")
    return tuple(_message(message, f"messages[{index}]") for index, message in enumerate(messages))


def _message(message: object, where: str) -> Message:
    if not isinstance(message, dict):
        raise ApiError(f"`{where}` must be an object, not {_kind(message)}.", where)
    role = message.get("role")
    if not isinstance(role, str) or role not in _SPEAKERS:
        raise ApiError(f"`{where}.role` must be one of {', '.join(_SPEAKERS)}, not {role!r}.", f"{where}.role")
    return Message(_SPEAKERS[role], _content(message.get("content"), role, f"{where}.content"))


def _content(content: object, role: str, where: str) -> str:
    if isinstance(content, str):
        return content
    if content is None and role == "assistant":
        return ""
    if isinstance(content, list):
        return "".join(_part(part, f"{where}[{index}]") for index, part in enumerate(content))
    raise ApiError(f"`{where}` must be a string or a list of text parts, not {_kind(content)}.", where)


def _part(part: object, where: str) -> str:
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    raise ApiError(f'`{where}` must be a text part ({{"type": "text", "text": ...}}).', where)


def _check_format(wanted: object) -> None:
    if wanted is None:
        return
    if not isinstance(wanted, dict) or wanted.get("type") not in _FORMATS:
        raise ApiError(f"`response_format.type` must be one of {', '.join(_FORMATS)}.", "response_format")
    if wanted["type"] == "json_schema":
        schema = wanted.get("json_schema")
        if not isinstance(schema, dict) or not isinstance(schema.get("schema"), dict):
            raise ApiError(
                "`response_format.json_schema` must be an object with `name` and `schema`.", "response_format"
            )


def _number(body: dict[str, Any], name: str, low: float, high: float) -> None:
    value = body.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ApiError(f"`{name}` must be a number from {low} to {high}, not {value!r}.", name)


def _integer(body: dict[str, Any], name: str, low: int, high: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ApiError(f"`{name}` must be an integer from {low} to {high}, not {value!r}.", name)
    return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return "null or missing" if value is None else names[type(value)]
