"""Forms of the organizer's pages: without their token, from elsewhere, and filled with nonsense."""

from typing import Any

import pytest
from starlette.applications import Starlette
from tests.abuse.plain_words import fault
from tests.abuse.routes import UPLOADS, every_route, filled, forms
from tests.abuse.world import World, dump
from tests.factories.workbooks import make_raw_workbook

pytestmark = pytest.mark.anyio

EVIL = "https://evil.example"
VALUES = (
    "\x00",
    "x" * 70_000,
    "",
    " ",
    "a\x00b",
    "-1",
    "9" * 30,
    "9" * 5_000,
    "1e999999999",
    "１２",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "\u202e\u2066evil",
    "<b>",
    "\r\nX: y",
)
FOR_POSTGRES = ("\x00", "9" * 18, "a\x00b")
CHARSETS = ("utf-7", "utf-16", "undefined", "rot13", "idna", "unicode_escape", "no-such", "x" * 500)


def posted(app: Starlette) -> list[str]:
    """Return the paths of all pages that take a form."""
    routes = (route.split() for route in sorted(every_route(app)))
    return [path for method, path in routes if method == "POST" and path.startswith("/tickets")]


async def test_a_form_without_its_token_changes_nothing(world: World, app: Starlette) -> None:
    before, found = await dump(world.services), []
    for path in posted(app):
        form = forms(world.ours).get(path, {})
        tokens: dict[str, dict[str, Any]] = {
            "none": {},
            "made up": {"csrf_token": "made.up"},
            "many": {"csrf_token": ["a", "b"]},
        }
        for name, token in tokens.items():
            answer = await world.send(
                "POST", filled(path, world.ours.ids), "organizer",
                data={**form, **token}, headers={"Cookie": world.cookie, "Origin": EVIL},
            )  # fmt: skip
            if answer.status_code != 403 or fault(answer):
                found.append(f"{path} {name}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before


async def test_another_browsers_token_is_no_token(world: World) -> None:
    path = f"/tickets/organizer/events/{world.ours.event.id}/status"
    world.http.cookies.clear()
    elsewhere = await world.http.get("/tickets/sign-in")
    cookie = "hs_page=" + elsewhere.cookies["hs_page"]
    answer = await world.send(
        "POST", path, "organizer", data={**world.form, "status": "archived"},
        headers={"Cookie": cookie},
    )  # fmt: skip
    assert answer.status_code == 403


async def test_the_api_takes_no_cookie_from_another_site(world: World, app: Starlette) -> None:
    token = world.ours.person.token
    before, found = await dump(world.services), []
    for route in sorted(every_route(app)):
        method, path = route.split()
        if method in ("GET", "WS") or not path.startswith("/api/"):
            continue
        for proof in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {}):
            headers = {"Cookie": f"hs_session={token}", **proof}
            address = filled(path, world.ours.ids)
            answer = await world.send(method, address, json={}, headers=headers)
            if answer.status_code != 403 or fault(answer):
                found.append(f"{route} {proof}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_no_field_of_any_form_can_break_a_page(world: World, app: Starlette) -> None:
    found = []
    values = VALUES if world.services.db.is_sqlite else FOR_POSTGRES
    for path in posted(app):
        form = forms(world.ours).get(path, {})
        for name in (*form, "list", "tier-1", "from-1", "next", "tier-name-0", "encoding", "col-0"):
            for value in values if name in form else values[:2]:
                answer = await world.submit(
                    filled(path, world.ours.ids), "organizer", {**form, name: value}
                )
                if fault(answer):
                    found.append(f"{path} {name}={value[:20]!r}: {fault(answer)}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_no_encoding_of_a_form_can_break_a_page(world: World, app: Starlette) -> None:
    before, found = await dump(world.services), []
    for path in ("/tickets/sign-in", "/tickets/organizer/events/{event_id}/devices/pair",
                 "/tickets/organizer/events/{event_id}/import"):  # fmt: skip
        for kind, raw in _strange_forms(world.form["csrf_token"]):
            answer = await world.send(
                "POST", filled(path, world.ours.ids), "organizer", content=raw,
                headers={"Cookie": world.cookie, "Content-Type": kind},
            )  # fmt: skip
            if answer.status_code < 400 or fault(answer):
                found.append(f"{path} {kind} {raw[:60]!r}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before


MULTIPART = "multipart/form-data; boundary=B"


def part(head: str, body: bytes) -> bytes:
    """Write one part of a multipart form."""
    return f"--B\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + body + b"\r\n"


def _strange_forms(token: str) -> list[tuple[str, bytes]]:
    multipart, urlencoded = MULTIPART, "application/x-www-form-urlencoded"
    signed = part('name="csrf_token"', token.encode())
    return [
        (urlencoded, b"csrf_token=" + token.encode() + b"&email=%00&name=%00&file=%00"),
        (urlencoded, b"&".join(b"a%d=1" % number for number in range(5_000))),
        (urlencoded, b"=&=&%%%&;;;" * 1_000),
        (urlencoded, b"\xff\xfe" * 1_000),
        ("application/json", b"{}"),
        ("", b"csrf_token=x"),
        ("multipart/form-data", signed),
        (multipart, b""),
        (multipart, b"--B\r\n\r\n"),
        (multipart, part("x", b"1") + b"--B--"),
        (multipart, signed),
        (multipart, signed + part('name="name"', b"\x00") + b"--B--\r\n"),
        (multipart, signed + part('name="name"', b"x" * (2 << 20)) + b"--B--\r\n"),
        (multipart, signed + part('name="file"; filename="a\x00b"', b"Name\nA\n") + b"--B--\r\n"),
        (multipart, signed + part('name="f"', b"1") * 3_000 + b"--B--\r\n"),
    ]  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_no_charset_of_a_form_can_break_a_page(world: World) -> None:
    path = f"/tickets/organizer/events/{world.ours.event.id}/devices/pair"
    signed = part('name="csrf_token"', world.form["csrf_token"].encode())
    for charset in CHARSETS:
        for text in (b"+2AA-", b"\\ud800", b"\xff", b"a"):
            answer = await world.send(
                "POST", path, "organizer",
                content=signed + part('name="name"', text) + b"--B--\r\n",
                headers={"Cookie": world.cookie, "Content-Type": f"{MULTIPART}; charset={charset}"},
            )  # fmt: skip
            assert fault(answer) == "", (charset, text)


async def test_every_upload_page_says_what_is_wrong_with_a_file(world: World) -> None:
    before = await dump(world.services)
    files: dict[str, Any] = {
        "empty": b"",
        "zip": b"PK\x03\x04" + b"\x00" * 200,
        "one heading": b"Name\n",
        "image": b"\x89PNG\r\n\x1a\n" + b"\x00" * 500,
        "bomb": make_raw_workbook(" " * (10 << 20)),
        "large": b"Name\n" + b"Ada Lovelace\n" * 800_000,
    }
    for method, path in (route.split() for route in UPLOADS):
        for name, content in files.items():
            address = filled(path, world.ours.ids)
            if path.startswith("/api"):
                answer = await world.send(method, address, "organizer", content=content)
            else:
                sent = {"file": (f"{name}.csv", content)}
                answer = await world.submit(address, "organizer", files=sent)
            assert (400 <= answer.status_code < 500, fault(answer)) == (True, ""), (path, name)
    assert await dump(world.services) == before
