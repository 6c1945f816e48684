"""Routes that read their own bodies, described by hand in the OpenAPI document."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.routing import BaseRoute, Route

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_REF = "#/components/schemas/{model}"


@dataclass(frozen=True)
class Description:
    """What a route takes and gives; `answer` is a model, or the media type of a file."""

    tag: str
    json: type[BaseModel] | None
    answer: type[BaseModel] | str


def described(
    *, tag: str, answer: type[BaseModel] | str, json: type[BaseModel] | None = None
) -> Callable[[_Endpoint], _Endpoint]:
    """Mark an endpoint so that `add_described` puts it into the document."""

    def mark(endpoint: _Endpoint) -> _Endpoint:
        endpoint.__dict__["description"] = Description(tag, json, answer)
        return endpoint

    return mark


def add_described(
    document: dict[str, Any], routes: list[BaseRoute], refusals: dict[str, Any]
) -> None:
    """Add the marked ones of `routes`; `refusals` are the responses that every route may give."""
    for route in routes:
        what = getattr(getattr(route, "endpoint", None), "__dict__", {}).get("description")
        if not isinstance(route, Route) or what is None:
            continue
        (method,) = (route.methods or set()) - {"HEAD"}
        summary, _, _ = (route.endpoint.__doc__ or "").partition("\n")
        operation: dict[str, Any] = {
            "summary": summary,
            "tags": [what.tag],
            "parameters": [],
            "responses": {"200": _answer(document, what.answer), **refusals},
        }
        if what.json is not None:
            body = {"application/json": {"schema": _schema(document, what.json)}}
            operation["requestBody"] = {"required": True, "content": body}
        document["paths"].setdefault(route.path, {})[method.lower()] = operation


def _answer(document: dict[str, Any], answer: type[BaseModel] | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"description": "OK", "content": {answer: {"schema": {"type": "string"}}}}
    content = {"application/json": {"schema": _schema(document, answer)}}
    return {"description": "OK", "content": content}


def _schema(document: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template=_REF)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name, shape in {**schema.pop("$defs", {}), model.__name__: schema}.items():
        if schemas.setdefault(name, shape) != shape:
            raise TypeError(f"two shapes of the API are named {name}")
    return {"$ref": _REF.format(model=model.__name__)}
