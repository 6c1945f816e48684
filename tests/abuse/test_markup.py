"""Markup, formulas and line breaks in every name: shown as they are, never obeyed."""

import csv
import io
import zipfile
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from starlette.applications import Starlette
from tests.abuse.plain_words import fault
from tests.abuse.routes import every_route, filled
from tests.abuse.world import World
from tests.factories.checkin import pair_phone

from handstamp.auth.models import Organizer
from handstamp.auth.rules import safe_next
from handstamp.events.find_events import tiers_of
from handstamp.plumbing.safe_headers import door_policy
from handstamp.tickets.issue_tickets import Holder, issue

pytestmark = pytest.mark.anyio

EVIL = """<script>alert('hi')</script>"><img src=x onerror=alert(1)>{{7*7}}'"""
RAW = (
    "<script>alert",
    "<img src=x",
    "{{7*7}}'<",
    "&lt;script&gt;alert(&#39;hi&#39;)&lt;/script&gt;&lt;/",
)
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    '=HYPERLINK("http://evil.example")',
    "=cmd|' /C calc'!A0",
)
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/tickets/../../evil",
    "/tickets//evil.example",
    "/tickets\n//evil.example",
    "/tickets/%0d%0aLocation: x",
    "javascript:alert(1)",
    "data:text/html,x",
    "/tickets@evil.example",
    "/ticketsevil",
)  # fmt: skip


async def poison(world: World) -> None:
    """Put markup into everything of the event that anybody can name."""
    send, event = world.send, f"/api/tickets/events/{world.ours.event.id}"
    words = dict.fromkeys(("title", "summary", "description", "venue", "city", "province"), EVIL)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", event, words),
        ("PATCH", f"{event}/tiers/{world.ours.ids['tier_id']}", {"name": EVIL}),
        ("PUT", f"{event}/lists/1", {"name": EVIL, "tiers": [{"tier": 1}]}),
        ("POST", f"{event}/scanner-keys", {"name": EVIL[:70], "gate": EVIL[:70]}),
    ]
    for method, path, body in asked:
        answer = await send(method, path, "organizer", json=body)
        assert answer.status_code in (200, 201), answer.text
    of = world.services
    async with of.db.write() as session:
        tier = (await _tiers(session, world))[0]
        holder = Holder(EVIL, "guest@example.org", EVIL, EVIL)
        evil = (await issue(session, of, world.ours.event, tier, [holder]))[0]
        (await session.get_one(Organizer, world.ours.organizer.id)).name = EVIL
    world.ours.ids["ticket_id"] = str(evil.id)
    for name in (EVIL[:70], EVIL[7:70]):
        phone = await pair_phone(world.http, of, world.ours.event, name, gate=EVIL[:70])
        phone.append(serial=evil.serial, operator=EVIL[:60], gate=EVIL[:60], note=EVIL)
        await phone.sync()


async def _tiers(session: Any, world: World) -> Any:
    return await tiers_of(session, world.ours.event.id)


async def test_markup_is_shown_and_never_obeyed(world: World, app: Starlette) -> None:
    await poison(world)
    shown, found = 0, []
    for route in sorted(every_route(app)):
        method, path = route.split()
        if method != "GET" or not path.startswith("/tickets") or path.endswith("{file}"):
            continue
        caller = "nobody" if path in ("/tickets/events", "/tickets/e/{slug}") else "organizer"
        for query in ("", "?q=" + EVIL.replace("<", "%3C").replace("#", "%23")):
            answer = await world.send("GET", filled(path, world.ours.ids) + query, caller)
            shown += "&lt;script&gt;alert(" in answer.text
            found += [f"{path}: {raw}" for raw in RAW if raw in answer.text]
            found += [fault(answer)] if fault(answer) else []
    assert not found, "\n".join(found)
    assert shown > 30


async def test_a_cover_is_an_https_address_or_nothing(world: World) -> None:
    path = f"/api/tickets/events/{world.ours.event.id}"
    for bad in (
        "javascript:alert(1)",
        "http://x.example/a.png",
        "data:image/svg+xml,x",
        "//x",
        "https://x y",
    ):
        answer = await world.send("PATCH", path, "organizer", json={"cover_url": bad})
        assert (answer.status_code, fault(answer)) == (400, ""), bad
    sly = 'https://x.example/"onerror=alert(1)'
    await world.send("PATCH", path, "organizer", json={"cover_url": sly})
    page = await world.send("GET", f"/tickets/e/{world.ours.event.slug}")
    assert '"onerror' not in page.text


async def test_formulas_leave_as_text(world: World) -> None:
    event = f"/api/tickets/events/{world.ours.event.id}"
    rows = "\n".join(f'"{f.replace(chr(34), chr(34) * 2)}",General' for f in FORMULAS)
    sent = await world.send(
        "POST", f"{event}/guest-imports", "organizer", content=f"Name,Tier\n{rows}\n".encode()
    )
    assert sent.status_code == 201, sent.text
    done = await world.send(
        "POST", f"{event}/guest-imports/{sent.json()['id']}/commit", "organizer"
    )
    assert done.json()["tickets"] == len(FORMULAS), done.text
    for formula in FORMULAS:
        phone = await pair_phone(
            world.http, world.services, world.ours.event, formula.strip(), gate=formula.strip()
        )
        phone.append(operator=formula, gate=formula, note=formula)
        await phone.sync()
    for path in ("guests.csv", "scans/export?format=csv"):
        answer = await world.send("GET", f"{event}/{path}", "organizer")
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
        assert any("1+1" in cell for cell in cells), path
    pages = f"/tickets/organizer/events/{world.ours.event.id}/exports"
    for path, columns in (("guests", ["name"]), ("scans", ["device", "gate", "operator", "note"])):
        answer = await world.submit(f"{pages}/{path}", "organizer", {"column": columns})
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    for path in ("guests.xlsx", "scans/export?format=xlsx"):
        answer = await world.send("GET", f"{event}/{path}", "organizer")
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        cells = [str(c) for row in book.get_sheet_by_index(0).to_python() for c in row]
        assert any("1+1" in cell for cell in cells), path
        assert b"<f>" not in b"".join(_members(answer.content)), path


def _members(content: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in archive.namelist()]


async def test_sign_in_leads_nowhere_else(world: World) -> None:
    for target in ELSEWHERE:
        assert safe_next(target) == "/tickets/organizer", target
        page = await world.send("GET", "/tickets/sign-in", params={"next": target})
        assert "evil" not in page.text, target
        assert "javascript:" not in page.text, target


async def test_no_address_redirects_to_another_site(world: World) -> None:
    for path in (
        "//evil.example",
        "/tickets//evil.example/",
        "/tickets/checkin//evil.example/..",
        "/tickets/organizer/%0d%0aSet-Cookie:x=1",
        "/tickets/%5cevil.example",
    ):
        answer = await world.send("GET", "http://testserver" + path)
        leads = answer.headers.get("location", "/")
        assert not leads.startswith(("//", "http://evil", "https:", "\\")), path
        assert "evil.example" not in leads.split("?")[0].split("/")[2:3], path
        assert "set-cookie" not in leads.lower() or "%0d" in leads.lower()


async def test_a_break_in_a_name_reaches_no_header(world: World) -> None:
    event = f"/api/tickets/events/{world.ours.event.id}"
    for bad in ("a\r\nSet-Cookie: x=1", 'x"; filename="evil.exe', "../../etc/passwd"):
        assert (
            await world.send("PATCH", event, "organizer", json={"slug": bad})
        ).status_code == 400
    for bad in ("Ada\r\nBcc: x@example.org <ada@example.org>", "a@example.org\nBcc: b@example.org"):
        answer = await world.send("POST", "/api/tickets/auth/sign-in", json={"email": bad})
        assert (answer.status_code, fault(answer)) == (400, ""), bad
    sent = await world.send(
        "POST", f"{event}/guest-imports", "organizer",
        params={"filename": "a\r\nSet-Cookie: x=1.csv"}, content=b"Name\nAda\n",
    )  # fmt: skip
    assert "set-cookie" not in sent.headers


async def test_the_door_app_runs_its_own_scripts_alone(world: World) -> None:
    policy = door_policy(world.services.settings)
    for path in ("/tickets/checkin/", "/tickets/checkin/src/main.js"):
        answer = await world.send("GET", path)
        assert answer.headers.get_list("content-security-policy") == [policy]
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
