"""Bad bodies, queries, encodings and methods at every address: refused in words, nothing stored."""

import copy
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from tests.abuse.plain_words import fault
from tests.abuse.routes import bodies, every_route, filled
from tests.abuse.world import World, dump

pytestmark = pytest.mark.anyio

ASKERS = {
    "/api/tickets/checkin/sync": "device",
    "/api/tickets/checkin/claim": "device",
    "/api/tickets/checkin/claims": "device",
    "/api/tickets/validate": "key",
    "/api/tickets/admin/keys/rotate": "admin",
    "/api/tickets/organizers": "admin",
}
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"title": "x"',
    "a list": b"[]",
    "null": b"null",
    "latin": '{"title": "é"}'.encode("latin-1"),
    "utf-16": '{"title": "x"}'.encode("utf-16"),
    "deep": b"[" * 50_000,
    "deep object": b'{"a":' * 50_000,
    "no number": b'{"capacity": NaN}',
    "digits": b'{"capacity": ' + b"9" * 10_000 + b"}",
    "gzip unsaid": gzip.compress(b"{}"),
    "large": b'{"title": "' + b"x" * (300 << 10) + b'"}',
}
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    2**53 + 1,
    10**30,
    "",
    "\x00",
    "\ud800",
    "x" * 30_000,
    [],
    {},
    [[[]]],
    [None],
    {"a": {"b": 1}},
)
QUERIES = (
    "limit=-1&before=-1&after=-1&list=-1",
    "limit=0&list=0&format=exe",
    "limit=999999999999999999999999&before=999999999999999999999999&after=99999999999999999999",
    "limit=abc&before=abc&after=abc&list=abc&number=x",
    "limit=1e5&list=１&before=１２",
    "words=%00&q=%00&city=%00&verdict=%00&status=%00&tier=%00&after=%00&device=%00&organizer=%00",
    "words=%ff&q=%ff&status=%ff&tier=%ff&verdict=%ff&after=%ff",
    "words=%25%5f%27&q=%25%5f%27%22&status=x&verdict=x&tier=x&organizer=x&in=x&show=x&kind=x",
    "q=" + "x" * 3_500 + "&words=" + "x" * 3_500,
    "q=" + "x" * 20_000,
    "&".join(f"a{number}=1" for number in range(900)),
    "format=../../etc/passwd&columns=a,b,%00&scale=1000000&filename=%0d%0aX",
)

FOR_POSTGRES = tuple(query for query in QUERIES if "%" in query or "999" in query)
HEADERS: tuple[dict[str, str], ...] = (
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer hs_session_"},
    {"Authorization": "Bearer hs_session_\xff\xfe"},
    {"Authorization": "Basic " + "A" * 20_000},
    {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJkZXYiOjF9."},
    {"Cookie": "hs_session=hs_session_x; hs_page=%00%00; hs_zone=../../etc"},
    {"Cookie": "hs_page=" + "A" * 20_000},
    {"Accept-Language": "qps;q=nan,*;q=9e999,-,en-" + "x" * 9_000},
    {"Accept-Encoding": "br;q=x, gzip;q=, *;q=-1"},
    {"Host": "evil.example/\\x"},
    {"X-Request-ID": "a" * 9_000},
    {"Idempotency-Key": "\xff"},
    {"If-None-Match": '"' + "x" * 9_000},
    {"Content-Length": "-5"},
    {"X-Forwarded-For": "not an address"},
)


def with_bodies(world: World) -> Iterator[tuple[str, str, str, Any]]:
    """Yield caller, method, address and right body of every route that reads JSON."""
    for route, body in bodies(world.ours).items():
        method, path = route.split()
        yield ASKERS.get(path, "organizer"), method, filled(path, world.ours.ids), body


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_a_broken_body_is_refused_and_stores_nothing(world: World) -> None:
    before, found = await dump(world.services), []
    for caller, method, address, _body in with_bodies(world):
        for name, raw in BROKEN.items():
            if name == "large" and address.endswith("/sync"):
                continue  # an exchange may be as large as 4 MiB
            kind = {"Content-Type": "application/json"}
            answer = await world.send(method, address, caller, content=raw, headers=kind)
            if answer.status_code < 400 or fault(answer):
                found.append(f"{method} {address} {name}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before


async def test_a_body_of_another_kind_is_refused(world: World) -> None:
    before, found = await dump(world.services), []
    for caller, method, address, body in with_bodies(world):
        for kind in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            if address.endswith("/sync"):
                continue
            sent = {"content": json.dumps(body).encode(), "headers": {"Content-Type": kind}}
            answer = await world.send(method, address, caller, **sent)
            if answer.status_code != 400 or fault(answer):
                found.append(f"{method} {address} {kind}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before


def bent(body: Any) -> Iterator[Any]:
    """Yield copies of a body with one member of the wrong type, absurd, left out or unknown."""
    for name in body:
        for value in VALUES:
            yield {**body, name: value}
        yield {other: value for other, value in body.items() if other != name}
        inner = body[name][0] if isinstance(body[name], list) and body[name] else None
        if isinstance(inner, dict):
            for bad in bent(inner):
                yield {**copy.deepcopy(body), name: [bad]}
    yield {**body, "no_such_member": 1}


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_no_member_of_any_body_can_break_the_server(world: World) -> None:
    found = []
    for caller, method, address, body in with_bodies(world):
        for wrong in bent(body):
            raw = json.dumps(wrong).encode()
            kind = {"Content-Type": "application/json"}
            answer = await world.send(method, address, caller, content=raw, headers=kind)
            if fault(answer):
                found.append(f"{method} {address} {raw[:150]!r}: {fault(answer)}")
    assert not found, "\n".join(found)
    assert (await world.send("GET", "/tickets/organizer", "organizer")).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_no_query_can_break_the_server(world: World, app: Starlette) -> None:
    before, found = await dump(world.services), []
    queries = QUERIES if world.services.db.is_sqlite else FOR_POSTGRES
    for route in sorted(every_route(app)):
        method, path = route.split()
        if method != "GET" or "export" in path or "guests." in path or path.endswith("/log"):
            continue  # a download is written into the audit log
        for query in queries:
            address = f"{filled(path, world.ours.ids)}?{query}"
            caller = "device" if path.endswith("/snapshot") else "organizer"
            answer = await world.send("GET", address, caller)
            if fault(answer):
                found.append(f"{path}?{query[:40]}: {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before


async def test_no_query_of_a_download_can_break_the_server(world: World) -> None:
    found = []
    event, log = "/api/tickets/events/{event_id}/", "/api/tickets/devices/{device}/log"
    for path in (f"{event}guests.csv", f"{event}guests.xlsx", f"{event}scans/export", log):
        for query in QUERIES:
            address = f"{filled(path, world.ours.ids)}?{query}"
            answer = await world.send("GET", address, "organizer")
            if fault(answer):
                found.append(f"{path}?{query[:40]}: {fault(answer)}")
            assert "\r" not in answer.headers.get("content-disposition", "")
    assert not found, "\n".join(found)


async def test_a_wrong_method_is_refused_everywhere(world: World, app: Starlette) -> None:
    before, found = await dump(world.services), []
    known: dict[str, set[str]] = {}
    for route in every_route(app):
        method, path = route.split()
        known.setdefault(path, set()).add(method)
    for path, methods in sorted(known.items()):
        for method in {"POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - methods:
            address = filled(path, world.ours.ids)
            answer = await world.send(method, address, "organizer", content=b"{}")
            if answer.status_code not in (400, 403, 404, 405) or fault(answer):
                found.append(f"{method} {path}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before


async def test_no_header_can_break_the_server(world: World) -> None:
    for headers in HEADERS:
        raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        for method, path in (
            ("GET", "/tickets/organizer/events/new"),
            ("GET", "/api/tickets/auth/me"),
            ("GET", "/api/tickets/metrics"),
            ("GET", "/api/tickets/checkin/snapshot"),
            ("POST", "/api/tickets/checkin/sync"),
            ("POST", "/api/tickets/validate"),
            ("POST", "/api/tickets/events"),
            ("POST", "/tickets/sign-out"),
        ):
            answer = await world.http.request(method, path, headers=raw)
            assert fault(answer) == "", (path, headers)
