"""Bodies are read strictly, refusals say where, and the OpenAPI document tells the truth."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from tests.fixtures.services import make_settings

from handstamp.plumbing.api import (
    MOST_IN_QUERY,
    ProblemBody,
    answers,
    handle_http_exception,
    openapi,
    openapi_document,
    parse_json,
    spec,
)
from handstamp.plumbing.errors import BadInput, Problem, handle_problem
from handstamp.plumbing.web import build_services


class Thing(BaseModel):
    """A thing."""

    name: str
    count: int = 1


class Find(BaseModel):
    """What to find."""

    words: str = ""
    page: int = 1


@spec.validate(json=Thing, query=Find, resp=answers(HTTP_201=Thing), tags=["things"])
async def make(request: Request, json: Thing, query: Find) -> Response:
    """Make a thing."""
    return JSONResponse({"name": json.name + query.words, "count": json.count}, 201)


ROUTES = [Mount("/api", routes=[Route("/things/{n:int}", make, methods=["POST"])])]


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(
        routes=[*ROUTES, Route("/openapi.json", openapi)],
        exception_handlers={Problem: handle_problem, HTTPException: handle_http_exception},
    )
    app.state.services = build_services(make_settings("sqlite+aiosqlite:///unused.db"))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client
    await app.state.services.db.close()


async def test_a_right_request(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/api/things/1?words=!", json={"name": "a"})
    assert (answer.status_code, answer.json()) == (201, {"name": "a!", "count": 1})


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"json": {}}, "name: Field required."),
        ({"json": {"name": 5}}, "name: "),
        ({"json": []}, "body: "),
        ({"content": b"null", "headers": JSON}, "body: "),
        ({"content": b"{", "headers": JSON}, "line 1, column 2"),
        ({"content": b"\xff", "headers": JSON}, "UTF-8"),
        ({"content": b'{"name": NaN}', "headers": JSON}, "NaN"),
        ({"content": b'{"name": "\\u0000"}', "headers": JSON}, "NUL"),
        ({"content": b'{"name": "\\ud800"}', "headers": JSON}, "surrogate"),
        ({"content": b"[" * 100_000, "headers": JSON}, "nested"),
        ({"json": {"name": "a", "count": 2**60}}, "out of range"),
        ({"content": b"name=a"}, "application/json"),
        ({"content": b"", "headers": JSON}, "JSON"),
    ],
)
async def test_wrong_requests_are_told_what_is_wrong(
    http: httpx2.AsyncClient, sent: dict[str, Any], said: str
) -> None:
    answer = await http.post("/api/things/1", **sent)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    ProblemBody.model_validate(answer.json())


async def test_wrong_queries_are_told_too(http: httpx2.AsyncClient) -> None:
    many = "&".join(f"a{number}=" for number in range(MOST_IN_QUERY + 1))
    for query, said in (("page=x", "page: "), ("words=%00", "NUL"), (many, "200 parameters")):
        answer = await http.post(f"/api/things/1?{query}", json={"name": "a"})
        assert answer.status_code == 400
        assert said in answer.json()["detail"]


async def test_what_was_sent_is_not_repeated(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/api/things/1", json={"name": "a", "count": "olga@example.org"})
    assert "olga" not in answer.text


def test_the_document_describes_answers_and_refusals() -> None:
    document = openapi_document(list(ROUTES))
    operation = document["paths"]["/api/things/{n}"]["post"]
    assert set(operation["responses"]["201"]["content"]) == {"application/json"}
    assert set(operation["responses"]["400"]["content"]) == {"application/problem+json"}
    assert {"Thing", "Find", "ProblemBody"} <= set(document["components"]["schemas"])
    assert [p["name"] for p in operation["parameters"]] == ["n", "words", "page"]


async def test_the_document_is_served(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/openapi.json")
    assert "/api/things/{n}" in answer.json()["paths"]


def test_json_within_our_limits_is_kept_as_it_is() -> None:
    assert parse_json(b'{"a": [1, -9007199254740992, "\xc3\xa9", null, true]}') == {
        "a": [1, -(2**53), "é", None, True]
    }
    with pytest.raises(BadInput):
        parse_json(b"1e400")
