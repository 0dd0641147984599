"""A thin layer for the HTTP API: strict JSON in, declared answers out, and the OpenAPI document from the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, ValidationError

from postcards.errors import Fault, Invalid, Said, as_given, says
from postcards.web.doors import Door, guarded

#: The largest body of one request, bytes; batches of cards may be larger.
BODY_LIMIT = 64 * 1024
#: Levels of JSON within JSON that we take apart; no body of ours has more than six.
DEEPEST = 300


class Shape(BaseModel):
    """A JSON object of the API: strict types, unknown fields refused so that a typo never loses data."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _leave_open(schema: dict[str, Any]) -> None:
    schema.pop("additionalProperties", None)


class Answer(Shape):
    """A JSON object that we give: we make no member by mistake, but callers are told to expect more than they know."""

    model_config = ConfigDict(json_schema_extra=_leave_open)


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document says about one endpoint; `name` is the view's own."""

    name: str
    method: str
    rule: str
    summary: str
    door: Door
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answers: dict[int, type[BaseModel] | str]
    refusals: tuple[int, ...]
    tag: str


Model = TypeVar("Model", bound=BaseModel)

OPERATIONS: list[Operation] = []


class Unreadable(Invalid):
    """The request cannot even be read; `http_status` says in which way."""


def endpoint(
    blueprint: Blueprint,
    method: str,
    rule: str,
    *,
    door: Door,
    summary: str,
    answers: dict[int, type[BaseModel] | str],
    body: type[BaseModel] | None = None,
    body_shape: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    refusals: tuple[int, ...] = (),
    body_limit: int = BODY_LIMIT,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """This will make a view an endpoint: `view(body=…, query=…, **path)` gives (status, Answer or dict).

    `body_shape` documents a body that the view reads itself. An answer that is text names
    a media type, and the view gives a Response of its own.
    """

    def make(view: Callable[..., Any]) -> Callable[..., Any]:
        shape, tag = body or body_shape, blueprint.name
        OPERATIONS.append(
            Operation(view.__name__, method, rule, summary, door, shape, query, answers, refusals, tag)
        )

        @wraps(view)
        def run(**path: Any) -> Response:
            if body is not None:
                path["body"] = read_body(body, limit=body_limit)
            if query is not None:
                path["query"] = _read_query(query)
            answer = view(**path)
            if isinstance(answer, Response):
                return answer
            status, content = answer
            return json_response(content, status)

        guarded_run = guarded(door)(run)
        blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=guarded_run, methods=[method])
        return guarded_run

    return make


def json_response(content: BaseModel | dict[str, Any], status: int = 200) -> Response:
    """This will answer JSON in UTF-8."""
    if isinstance(content, BaseModel):
        text = content.model_dump_json(by_alias=True)
    else:
        text = json.dumps(content, ensure_ascii=False, default=str)
    return Response(text, status=status, content_type="application/json")


def raw_body(limit: int = BODY_LIMIT) -> bytes:
    """This will read the body, at most `limit` bytes. Raises `Unreadable` (413, 415)."""
    if request.content_type != "application/json" and request.mimetype != "application/json":
        raise Unreadable("Send JSON, as Content-Type: application/json.", code="media_type", http_status=415)
    length = request.content_length
    if length is not None and length > limit:
        raise _too_large(limit)
    request.max_content_length = limit + 1  # this is the limit here, not that of a form
    data = request.stream.read((limit if length is None else length) + 1)  # no buffer larger than it need be
    if len(data) > limit:
        raise _too_large(limit)
    return data


def read_body(model: type[Model], *, limit: int = BODY_LIMIT) -> Model:
    """This will read the body as `model`. Raises `Unreadable` (400, 413, 415) or `Invalid` (422)."""
    return parse(model, raw_body(limit))


def parse(model: type[Model], data: bytes) -> Model:
    """This will parse JSON strictly. Raises `Unreadable` when it is none, `Invalid` with every faulty field."""
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise Invalid(faults=faults_of(readable_errors(error, data))) from None


def read_json(data: bytes) -> Any:
    """This will read JSON of any shape. Raises `Unreadable` (400) for what is no JSON in UTF-8."""
    try:
        read = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unreadable("The request is not JSON in UTF-8.", code="malformed", http_status=400) from None
    if _is_too_deep(read):
        raise Unreadable("The request is nested too deep.", code="malformed", http_status=400)
    return read


def readable_errors(error: ValidationError, data: bytes) -> Any:
    """This will give the errors of JSON that could be read, without its input.

    Raises `Unreadable` (400) for what is no JSON in UTF-8, and `Invalid` for lone surrogates in a text, which our
    strict reader takes for broken JSON.
    """
    read = read_json(data)
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        message = says("holds half a character (a lone surrogate). Type the text again.")
        faults = [Fault(path, "characters", message) for path in _surrogates(read, "")]
        raise Invalid(faults=faults or [Fault("body", "nesting", "is nested too deep.")])
    return errors


def faults_of(errors: Any, *, prefix: str = "") -> list[Fault]:
    """This will turn pydantic's errors into our faults: dotted field, code, a sentence; never the input itself."""
    return [
        Fault(prefix + _dotted(entry["loc"]), _code(entry["type"]), _sentence(entry["type"], entry["msg"]))
        for entry in errors
    ]


def _read_query(model: type[BaseModel]) -> BaseModel:
    try:
        return model.model_validate_strings(request.args.to_dict())
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        raise Invalid(faults=faults_of(errors)) from None


def _too_large(limit: int) -> Unreadable:
    return Unreadable(
        says("The body is over %(size)s KiB, which is the most we take here.", size=limit // 1024),
        code="too_large",
        http_status=413,
    )


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _is_too_deep(value: Any) -> bool:
    """Counted level by level, for whoever walks or writes it afterwards does so by recursion."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            part
            for one in level
            if isinstance(one, dict | list)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _surrogates(value: Any, path: str) -> list[str]:
    match value:
        case str():
            return [path or "body"] if _is_halved(value) else []
        case dict():
            return [
                found
                for key, part in value.items()
                for found in [_join(path, key)] * _is_halved(key) + _surrogates(part, _join(path, key))
            ]
        case list():
            return [
                found
                for index, part in enumerate(value)
                for found in _surrogates(part, _join(path, str(index)))
            ]
        case _:
            return []


def _is_halved(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _join(path: str, key: str) -> str:
    """Half a character in a key is named by its escape, for an answer cannot hold it."""
    key = key.encode("utf-8", "backslashreplace").decode()
    return f"{path}.{key}" if path else key


def _dotted(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path = _join(path, str(part))
    return path or "body"


def _code(kind: str) -> str:
    return {"missing": "missing", "extra_forbidden": "unknown_field"}.get(kind, kind)


def _sentence(kind: str, message: str) -> Said:
    match kind:
        case "missing":
            return says("is missing.")
        case "extra_forbidden":
            return says("is not a field we know. Look for a typo.")
        case "none_required":
            return says("must be empty here.")
        case _:
            return as_given(message)  # pydantic's own words, for whoever programs a caller
