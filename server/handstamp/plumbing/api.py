"""The API's outer skin: bodies read strictly, refusals as problem+json, one OpenAPI document.

Routes are decorated with `@spec.validate(json=Model, query=Model, resp=answers(HTTP_200=Model),
tags=["door"])` and read `request.context.json`, or take an argument named `json` or `query`.
"""

import inspect
import json as jsonlib
import re
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from spectree import Response, SpecTree
from spectree.plugins.base import Context
from spectree.plugins.starlette_plugin import Route as SpecRoute
from spectree.plugins.starlette_plugin import StarlettePlugin
from spectree.utils import cached_type_hints, get_multidict_items_starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import BaseRoute, Mount, Route

from handstamp.plumbing.described import add_described
from handstamp.plumbing.errors import (
    BadInput,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    Problem,
    TooLarge,
    TooMany,
    Unauthenticated,
    problem_response,
)
from handstamp.plumbing.mounted import public_path
from handstamp.plumbing.web import services

JSON_LIMIT = 2**53
MAX_ERRORS = 20
MOST_IN_QUERY = 200  # spectree looks through all of them for each
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemBody"}
_PROBLEM_STATUSES = (400, 401, 403, 404, 409, 410, 413, 429, 503)


class ProblemBody(BaseModel):
    """RFC 9457; `errors` says where in the request it is wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, Any]] = []


class WrongMethod(Problem):
    """A method that the address does not know."""

    status, title = 405, "Not possible here"


def parse_json(raw: bytes) -> Any:
    """Read JSON that our databases can hold: no NUL, no lone surrogate, no number above 2^53.

    Raises:
        BadInput: it is something else; the detail says what.
    """
    try:
        value = jsonlib.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        _check_value(value)
    except UnicodeDecodeError as error:
        raise BadInput("The body must be UTF-8.") from error
    except RecursionError as error:
        raise BadInput("The body is nested too deeply.") from error
    except jsonlib.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"The body is not valid JSON ({where}).") from error
    except ValueError as error:
        raise BadInput(str(error)) from error
    return value


def check_text(text: str) -> None:
    """Refuse text that a database cannot store.

    Raises:
        ValueError: the text holds a NUL character or half of a surrogate pair.
    """
    if "\x00" in text:
        raise ValueError("Text must not contain the NUL character.")
    if not text.isascii() and _HALF_PAIR.search(text):
        raise ValueError("Text must not contain half of a surrogate pair.")


def bad_input(error: ValidationError) -> BadInput:
    """Say in plain words where a body or query is wrong; never repeats what was sent."""
    errors = [
        {"field": ".".join(str(part) for part in item["loc"]) or "body", "message": item["msg"]}
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = errors[0]
    return BadInput(f"{first['field']}: {first['message']}.", errors=errors[:MAX_ERRORS])


def answers(*codes: str, **models: Any) -> Response:
    """Describe what a route answers; every refusal is problem+json and need not be named.

    `answers(HTTP_200=Model)` for JSON, `answers("HTTP_204")` for an answer without a body.
    """
    refusals = {f"HTTP_{status}": ProblemBody for status in _PROBLEM_STATUSES}
    return Response(*codes, **{**refusals, **models})


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number that JSON knows.")


def _check_value(value: Any) -> None:
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for key, member in value.items():
            check_text(key)
            _check_value(member)
    elif isinstance(value, list):
        for member in value:
            _check_value(member)
    elif isinstance(value, int | float) and not -JSON_LIMIT <= value <= JSON_LIMIT:
        raise ValueError("A number is out of range.")


@lru_cache(maxsize=512)
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _from_query(model: Any, value: Any) -> Any:
    try:
        return _adapter(model).validate_python(value)
    except ValidationError as error:
        raise bad_input(error) from error


async def _from_body(request: Request, model: Any) -> Any:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise BadInput("Send the body as application/json.")
    raw = await request.body()
    parse_json(raw)
    try:
        return _adapter(model).validate_json(raw)
    except ValidationError as error:
        raise bad_input(error) from error


class _Plugin(StarlettePlugin):
    """Spectree on Starlette with strict bodies; refusals are raised, never half-made."""

    async def validate(self, func: Any, query: Any, json: Any, *others: Any, **kwargs: Any) -> Any:
        request = others[_REQUEST_AT]
        context = Context(
            query=_from_query(query, _query_items(request, query)) if query else None,
            json=await _from_body(request, json) if json else None,
            form=None,
            headers=None,
            cookies=None,
        )
        request.context = context
        hints = cached_type_hints(func)
        for name in ("query", "json"):
            if name in hints:
                kwargs[name] = getattr(context, name)
        result = func(request, **kwargs)
        return await result if inspect.isawaitable(result) else result

    def find_routes(self) -> list[Any]:
        found: list[Any] = []
        _collect(self.spectree.app.routes, "", found)
        return found


_REQUEST_AT = 9  # after form, headers, cookies, resp, before, after, status and two switches


def _query_items(request: Request, model: Any) -> Any:
    sent = request.query_params.multi_items()
    if len(sent) > MOST_IN_QUERY:
        raise BadInput(f"An address takes {MOST_IN_QUERY} parameters at most.")
    for name, value in sent:
        try:
            check_text(name + value)
        except ValueError as error:
            raise BadInput(str(error)) from error
    return get_multidict_items_starlette(request.query_params, model)


def _collect(routes: list[BaseRoute], prefix: str, found: list[Any]) -> None:
    for route in routes:
        if isinstance(route, Mount):
            _collect(list(route.routes or []), prefix + route.path, found)
        elif isinstance(route, Route) and inspect.isfunction(route.endpoint):
            methods = (route.methods or set()) - {"HEAD"}
            found.append(SpecRoute(prefix + route.path, methods, route.endpoint))


class _Spec(SpecTree):
    """Spectree that describes bodies when its document is asked for, not whenever it starts.

    Describing each at its route's decorator, some of them two hundred times, took a third of a
    process's start.
    """

    def __init__(self, **others: Any) -> None:
        super().__init__(**others)
        self._told: dict[str, tuple[Any, Any]] = {}

    def document(self, routes: list[BaseRoute]) -> dict[str, Any]:
        """Return the OpenAPI document of these routes."""
        for model, mode in self._told.values():
            super()._add_model(model, mode)
        self._told.clear()
        self.app = _Routes(routes)
        return self._generate_spec()

    def _add_model(self, model: Any, mode: Any = "validation") -> str:
        name = self.naming_strategy(model)
        self._told[name] = model, mode
        return name


class _Routes:
    def __init__(self, routes: list[BaseRoute]) -> None:
        self.routes = routes


def _model_name(model: Any) -> str:
    return str(getattr(model, "__name__", "Answer"))


spec = _Spec(
    backend=_Plugin,
    title="Handstamp",
    description="Tickets, check-in devices and the door. Refusals are problem+json (RFC 9457).",
    version="1",
    mode="strict",
    naming_strategy=_model_name,
    nested_naming_strategy=lambda _parent, child: child,
    validation_error_status=400,
    validation_error_model=ProblemBody,
)


def openapi_document(routes: list[BaseRoute]) -> dict[str, Any]:
    """Describe the decorated and the marked ones of these routes as OpenAPI 3.1."""
    document = spec.document(routes)
    for path in document["paths"].values():
        for operation in path.values():
            _tidy(operation)
    problem = {"application/problem+json": {"schema": _PROBLEM_SCHEMA}}
    refusals = {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem}
        for status in _PROBLEM_STATUSES
    }
    add_described(document, routes, refusals)
    return document


def _tidy(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if int(status) >= 400 and "application/json" in content:
            content["application/problem+json"] = content.pop("application/json")
    for parameter in operation["parameters"]:
        parameter.get("schema", {}).pop("format", None)


async def openapi(request: Request) -> JSONResponse:
    """Answer with the OpenAPI document of this server; its paths begin where it is mounted."""
    document = openapi_document(list(request.app.routes))
    if before := public_path(services(request).settings):
        document["servers"] = [{"url": before}]
    return JSONResponse(document)


_BY_STATUS: dict[int, Callable[[str], Problem]] = {
    400: BadInput,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: WrongMethod,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    429: lambda detail: TooMany(detail, retry_after=1),
}
_PLAIN = {
    404: "There is nothing at this address.",
    405: "This address does not know that method.",
    413: "What was sent is larger than this address accepts.",
}


def problem_of(error: Exception) -> Problem:
    """Say one of Starlette's own refusals (no such address, body too large) as a problem."""
    assert isinstance(error, HTTPException)
    detail = _PLAIN.get(error.status_code, error.detail)
    problem = _BY_STATUS.get(error.status_code, Problem)(detail)
    problem.headers.update(error.headers or {})
    problem.status = error.status_code
    return problem


async def handle_http_exception(_request: Request, error: Exception) -> HttpResponse:
    """Starlette's exception handler for its own refusals, in a site that has no pages."""
    return problem_response(problem_of(error))
