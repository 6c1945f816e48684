"""What every request gets: an id, safe headers, limits, plain problems, quiet logs."""

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from tests.factories.auth import make_person
from tests.fixtures.jobs import run_jobs
from tests.fixtures.services import PUBLIC_URL, make_settings

from handstamp.app import LARGEST_BODY, create_app
from handstamp.auth.request_sign_in import request_sign_in
from handstamp.plumbing.config import Settings
from handstamp.plumbing.logs import HIDDEN, configure_logs, scrub_text
from handstamp.plumbing.requests import LARGEST_HEADERS, LONGEST_ADDRESS
from handstamp.plumbing.web import Services


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    return make_settings(sqlite_url, open_registration=True, demo=True, log_level="DEBUG")


async def crash(_request: Request) -> Response:
    raise RuntimeError("the secret of person@example.org")


async def echo(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(services.settings, services.clock, services=services)
    wide = [Middleware(RequestBodyLimitMiddleware, max_body_size=1_000_000)]
    app.router.routes[:0] = [
        Route("/api/tickets/crash", crash),
        Route("/api/tickets/echo", echo, methods=["POST"]),
        Route("/api/tickets/wide", echo, methods=["POST"], middleware=wide),
    ]
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("DEBUG", stream)
    yield stream
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_a_crash_is_a_problem_with_an_id_and_without_its_cause(
    http: httpx2.AsyncClient, logs: io.StringIO
) -> None:
    answer = await http.get("/api/tickets/crash", headers={"X-Request-ID": "abc-12345"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "abc-12345" in answer.json()["detail"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    line = next(json.loads(text) for text in logs.getvalue().splitlines() if "crashed" in text)
    assert line["request_id"] == "abc-12345"
    assert line["error"] == "RuntimeError"
    assert "secret" not in logs.getvalue()


async def test_every_answer_has_a_request_id(http: httpx2.AsyncClient) -> None:
    first = (await http.get("/api/tickets/health")).headers["X-Request-ID"]
    second = (await http.get("/api/tickets/health")).headers["X-Request-ID"]
    assert first != second
    odd = await http.get("/api/tickets/health", headers={"X-Request-ID": "a b\x7f<script>"})
    assert "script" not in odd.headers["X-Request-ID"]


async def test_every_answer_has_safe_headers(http: httpx2.AsyncClient) -> None:
    for path in ("/api/tickets/health", "/api/tickets/none", "/api/tickets/crash"):
        headers = (await http.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["Permissions-Policy"].startswith("camera=()")


async def test_the_door_app_may_use_camera_and_wasm_and_nothing_foreign(
    http: httpx2.AsyncClient,
) -> None:
    headers = (await http.get("/tickets/checkin/")).headers
    policy = headers["Content-Security-Policy"]
    assert "'wasm-unsafe-eval'" in policy
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert "default-src 'none'" in policy
    assert "camera=(self)" in headers["Permissions-Policy"]


@pytest.mark.parametrize("chunked", [False, True])
async def test_large_bodies_are_refused_unless_the_route_takes_them(
    http: httpx2.AsyncClient, chunked: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_BODY // 1024 + 1):
            yield b"x" * 1024

    body = pieces() if chunked else b"x" * (LARGEST_BODY + 1024)
    answer = await http.post("/api/tickets/echo", content=body)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    body = pieces() if chunked else b"x" * (LARGEST_BODY + 1024)
    assert (await http.post("/api/tickets/wide", content=body)).status_code == 200


async def test_unknown_addresses_and_methods_are_problems(http: httpx2.AsyncClient) -> None:
    missing = await http.get("/api/tickets/nothing-here")
    assert (missing.status_code, missing.json()["code"]) == (404, "NotFound")
    wrong = await http.delete("/api/tickets/health")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]
    assert (await http.get("/api/tickets/%00")).status_code == 400
    assert (await http.get("/api/tickets/" + "9" * 30)).status_code == 404


async def test_an_address_has_an_end(http: httpx2.AsyncClient) -> None:
    for path in ("/api/tickets/health?", "/tickets/events?q=", "/api/tickets/"):
        longest = path + "x" * (LONGEST_ADDRESS - len(path.replace("?", "")))
        assert (await http.get(longest)).status_code != 400, path
        refused = await http.get(longest + "x")
        assert (refused.status_code, "longer than any" in refused.text) == (400, True), path


async def test_headers_have_an_end(http: httpx2.AsyncClient) -> None:
    cookies = "; ".join(f"a{number}=1" for number in range(LARGEST_HEADERS // 10))
    answer = await http.get("/api/tickets/health", headers={"Cookie": cookies})
    assert answer.status_code == 200
    for path in ("/api/tickets/health", "/tickets/events"):
        refused = await http.get(path, headers={"Cookie": cookies + cookies})
        assert (refused.status_code, "too large" in refused.text) == (400, True), path


async def test_addresses_and_tokens_never_reach_the_logs(
    services: Services, http: httpx2.AsyncClient, logs: io.StringIO
) -> None:
    person = await make_person(services, "olga.lovelace@example.org")
    await http.get("/api/tickets/auth/me?email=olga.lovelace@example.org", headers=person.headers)
    await http.post("/api/tickets/auth/sign-in", json={"email": "olga.lovelace@example.org"})
    await http.get("/tickets/sign-in/link?token=" + "ab" * 32)
    await request_sign_in(services, "eve+x@example.org", "", "192.0.2.1")
    await run_jobs(services)
    log = structlog.get_logger("test")
    log.info(
        "careless",
        email="olga@example.org",
        said="mail to olga@example.org",
        ticket="HS" + "0" * 120,
    )
    logging.getLogger("some.library").warning("refused eve@example.org with %s", person.token)
    try:
        raise ValueError("olga@example.org")
    except ValueError:
        log.exception("broken")
    written = logs.getvalue()
    said = [json.loads(line)["event"] for line in written.splitlines()]
    assert {"request", "careless", "broken", f"refused {HIDDEN} with {HIDDEN}"} <= {*said}
    assert said.count("request") == 3
    for secret in ("olga", "eve+x", "lovelace", "example.org", person.token, "ab" * 32, "0" * 120):
        assert secret not in written


def test_what_is_hidden() -> None:
    assert scrub_text("to a.b+c@d-e.example now") == f"to {HIDDEN} now"
    assert scrub_text("?pair=ABC-DEF&x=1") == f"?pair={HIDDEN}&x=1"
    assert scrub_text("eyJhbGciOi.eyJkZXYi.c2lnbmF0dXJl") == HIDDEN
    assert scrub_text("evt_0123456789 took 3 ms") == "evt_0123456789 took 3 ms"


@pytest.mark.timeout(30)  # what took time by the square of the length would take hours
@pytest.mark.parametrize(
    "piece", ["x", "a@", "a.b-", "eyJ-", "hs_a_", "a@b.", "token=", "%40", " "]
)
def test_a_long_text_is_hidden_in_little_time_and_never_half(piece: str) -> None:
    assert len(scrub_text(piece * 1_000_000)) < 60_000
    for length in range(7_900, 8_010):
        assert "lovelace" not in scrub_text(
            " " * length + "ada.lovelace@example.org " + " " * 9_000
        )


async def test_below_another_sites_path_everything_still_works(services: Services) -> None:
    inner = create_app(services.settings, services.clock, services=services)
    site = Starlette(routes=[Mount("/shop", app=inner)])
    transport = httpx2.ASGITransport(app=site)
    person = await make_person(services)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        assert (await client.get("/shop/api/tickets/health")).status_code == 200
        client.cookies.set("hs_session", person.token)
        assert (await client.get("/shop/api/tickets/auth/me")).json()["id"] == person.actor.id
        foreign = await client.post("/shop/api/tickets/auth/sign-out")
        assert foreign.status_code == 403
