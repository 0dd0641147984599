"""The OpenAPI document, made from the very declarations that the endpoints run on."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import Blueprint, Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import postcards.web.doors as doors
from postcards.web.answers import TITLES
from postcards.web.api import OPERATIONS, Operation, json_response
from postcards.web.doors import PUBLIC, guarded
from postcards.web.openapi_links import links_of

blueprint = Blueprint("openapi", __name__)

#: What the texts in a path look like; another is not found.
_PATH_TEXTS = {
    "slug": "^[a-z0-9-]{1,100}$",
    "country": "^[A-Za-z]{2}$",
    "name": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
}

_REF = "#/components/schemas/{model}"

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable, for machines"},
        "detail": {"type": "string", "description": "for the person who reads it"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


@blueprint.get("/api/v1/openapi.json")
@guarded(PUBLIC)
def openapi() -> Response:
    """The document."""
    return json_response(document())


@cache
def document() -> dict[str, Any]:
    """This will make the OpenAPI 3.1 document of every endpoint that was declared."""
    models: list[tuple[type[BaseModel], Any]] = []
    for operation in OPERATIONS:
        if operation.body is not None:
            models.append((operation.body, "validation"))
        models += [
            (model, "serialization") for model in operation.answers.values() if not isinstance(model, str)
        ]
    names, schemas = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Far is Close",
            "version": "1",
            "description": "Kiosks register cards, the postal partner takes manifests, the public follows. "
            "Everything is scoped to the token's campaign; another's is not found.",
        },
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Problem": PROBLEM},
            "securitySchemes": {
                "kiosk": {"type": "http", "scheme": "bearer", "description": "what pairing gave the device"},
                "partner": {"type": "http", "scheme": "bearer", "description": "the Post's token"},
            },
        },
    }


def _operation(operation: Operation, names: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation.rule), *_query_parameters(operation.query)],
        "responses": {},
    }
    if operation.door is not doors.PUBLIC:
        described["security"] = [{"partner" if operation.door is doors.PARTNER else "kiosk": []}]
    if operation.body is not None:
        schema = names[operation.body, "validation"]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    for status, answer in operation.answers.items():
        if isinstance(answer, str):
            content = {answer: {"schema": {"type": "string", "contentMediaType": answer}}}
        else:
            content = {"application/json": {"schema": names[answer, "serialization"]}}
        described["responses"][str(status)] = {"description": TITLES.get(status, "Done"), "content": content}
        if links := links_of(operation.name, status):
            described["responses"][str(status)]["links"] = links
    for status in sorted(_refusals(operation)):
        described["responses"].setdefault(
            str(status),
            {
                "description": TITLES.get(status, "Refused"),
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
    return described


def _refusals(operation: Operation) -> set[int]:
    found = {*operation.refusals, 503, 404}
    if operation.door is not doors.PUBLIC:
        found |= {401, 403}
    if operation.tag == "kiosk":
        found.add(429)
    if operation.body is not None:
        found |= {400, 413, 415, 422}
    if operation.query is not None:
        found.add(422)
    return found


def _path_parameters(rule: str) -> list[dict[str, Any]]:
    found = []
    for kind, name in re.findall(r"<(?:([^:<>]+):)?([^<>]+)>", rule):
        schema: dict[str, Any] = {"type": "string", "pattern": _PATH_TEXTS.get(name, ".")}
        if kind.startswith("int"):
            schema = {"type": "integer", "minimum": 0}
        elif kind == "uuid":
            schema = {"type": "string", "format": "uuid"}
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    schema = query.model_json_schema()
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": part}
        for name, part in schema.get("properties", {}).items()
    ]
