"""The API of uploads: looking, committing, limits, and whose files they are."""

import json
from tempfile import SpooledTemporaryFile
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.auth import Person, make_owner, make_person, make_team
from tests.factories.events import make_event
from tests.factories.pool import HEADER, pool_csv, ticket_rows
from tests.fixtures.services import make_settings

from handstamp.auth.models import Member, Organizer
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services
from handstamp.pool import routes
from handstamp.pool.models import PoolTicket
from handstamp.pool.pool_file import MAX_BYTES

pytestmark = pytest.mark.anyio

UPLOAD = "/api/tickets/admin/tickets/upload"
UPLOADS = "/api/tickets/admin/tickets/uploads"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server that takes pre-orders."""
    return make_settings(database_url, enable_checkout=True, enable_preorders=True)


@pytest.fixture
async def owner(services: Services) -> tuple[Person, Organizer, Event]:
    """Somebody signed in who runs a night."""
    person, organizer = await make_owner(services)
    async with services.db.write() as session:
        event = await make_event(
            session, services, organizer_id=organizer.id, title="Gala", lists=(), tiers=("A", "B")
        )
    return person, organizer, event


Owner = tuple[Person, Organizer, Event]


async def post(
    client: httpx2.AsyncClient, person: Person, content: bytes, **query: Any
) -> httpx2.Response:
    """Send a file as the body."""
    kind = {"Content-Type": "text/csv"}
    return await client.post(
        UPLOAD, params=query, content=content, headers={**person.headers, **kind}
    )


async def stored(services: Services) -> int:
    """Count the pool's tickets."""
    async with services.db.read() as session:
        return int(await session.scalar(select(func.count()).select_from(PoolTicket)) or 0)


async def test_a_file_is_looked_at_corrected_and_committed(
    client: httpx2.AsyncClient, services: Services, owner: Owner
) -> None:
    person, organizer, event = owner
    async with services.db.read() as session:
        tiers = {tier.name: tier.id for tier in await tiers_of(session, event.id)}
    content = pool_csv([*ticket_rows("Gala", 1, "a"), *ticket_rows("Gala", 1, "Bb", first=1)])
    looked = await post(client, person, content, filename="may.csv")
    report = looked.json()
    assert (looked.status_code, looked.headers["cache-control"]) == (200, "no-store")
    assert (report["rows"], report["valid"], report["ready"]) == (2, 1, False)
    (unknown,) = report["unknown_variants"]
    assert (unknown["typed"], unknown["line"], unknown["event_id"]) == ("Bb", 3, event.id)
    assert report["sample"][0] == {
        "line": 2, "event": "Gala", "variant": "a", "email": "pool0@example.org",
        "password": "••••••", "code": "",
    }  # fmt: skip
    assert "secret" not in looked.text
    refused = await post(client, person, content, commit=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "UnknownNames")
    assert await stored(services) == 0
    fixes = json.dumps({"variants": {event.id: {"Bb": tiers["B"]}}})
    for again in range(2):
        done = await post(client, person, content, commit=True, fixes=fixes, filename="may.csv")
        assert done.status_code == 201, done.text
        assert done.json()["tickets"] == (0 if again else 2)
    listed = (await client.get(UPLOADS, headers=person.headers)).json()
    assert listed["next"] is None
    assert [(one["filename"], one["rows"], one["organizer_id"]) for one in listed["uploads"]] == [
        ("may.csv", 2, organizer.id)
    ]


async def test_a_form_carries_the_file_and_the_corrections(
    client: httpx2.AsyncClient, services: Services, owner: Owner
) -> None:
    person, _organizer, event = owner
    content = pool_csv(ticket_rows("Galla", 3, "A"))
    done = await client.post(
        UPLOAD, params={"commit": "true"}, headers=person.headers,
        files={"file": ("C:\\x\\june.csv", content)},
        data={"fixes": json.dumps({"events": {"Galla": event.id}})},
    )  # fmt: skip
    assert done.status_code == 201, done.text
    assert done.json()["tickets"] == 3
    listed = (await client.get(UPLOADS, headers=person.headers)).json()
    assert [one["filename"] for one in listed["uploads"]] == ["june.csv"]


async def test_a_large_file_of_a_form_is_never_put_on_a_disk(
    client: httpx2.AsyncClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def roll(_file: Any) -> None:
        raise AssertionError("passwords on a disk")

    monkeypatch.setattr(SpooledTemporaryFile, "rollover", roll)
    content = pool_csv(ticket_rows("Gala", 1, "A")) + (b" " * 99_999 + b"\n") * 50
    looked = await client.post(UPLOAD, headers=owner[0].headers, files={"file": ("a", content)})
    assert (looked.status_code, looked.json()["valid"]) == (200, 1)


async def test_five_megabytes_and_a_byte_are_too_large_either_way(
    client: httpx2.AsyncClient, services: Services, owner: Owner
) -> None:
    start = pool_csv(ticket_rows("Gala", 1, "A"))
    blank = b" " * 99_999 + b"\n"
    filled = start + blank * ((MAX_BYTES - len(start)) // len(blank))
    fits = filled + b" " * (MAX_BYTES - len(filled))
    for size, status in ((fits, 200), (fits + b" ", 413), (fits * 2, 413)):
        assert (await post(client, owner[0], size)).status_code == status
        form = await client.post(UPLOAD, headers=owner[0].headers, files={"file": ("a", size)})
        assert form.status_code == status, form.text


BROKEN: dict[str, dict[str, Any]] = {
    "nothing": {"content": b""},
    "no csv": {"content": b"PK\x03\x04"},
    "a form without a file": {"data": {"fixes": "{}"}, "files": {"other": ("a", b"x")}},
    "a form that is broken": {
        "content": b"--x\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=y"},
    },
    "a form without a boundary": {
        "content": b"x",
        "headers": {"Content-Type": "multipart/form-data"},
    },
    "two files": {"files": [("file", ("a", b"x")), ("file", ("b", b"x"))]},
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_no_upload_is_refused(
    client: httpx2.AsyncClient, owner: Owner, name: str
) -> None:
    others = dict(BROKEN[name])
    headers = {**owner[0].headers, **others.pop("headers", {})}
    refused = await client.post(UPLOAD, headers=headers, **others)
    assert refused.status_code == 400, refused.text
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "fixes",
    [
        "[]", "{", "null", "NaN", '{"events": {"Gala": 5}}', '{"what": {}}',
        '{"events": {"a": "\\u0000"}}', '{"events": {"a": "\\ud800"}}', '{"variants": {"x": "y"}}',
        '{"events": {"Gala": "evt_of_nobody"}}',
    ],
)  # fmt: skip
async def test_corrections_that_are_none_are_refused(
    client: httpx2.AsyncClient, owner: Owner, fixes: str
) -> None:
    content = pool_csv(ticket_rows("Gala", 1, "A"))
    refused = await client.post(
        UPLOAD, headers=owner[0].headers, files={"file": ("a", content)},
        data={"fixes": fixes},
    )  # fmt: skip
    assert refused.status_code == 400, refused.text


async def test_an_organizer_is_named_by_who_runs_several_and_reached_by_no_other(
    client: httpx2.AsyncClient, services: Services, owner: Owner
) -> None:
    person, organizer, _event = owner
    content = pool_csv(ticket_rows("Gala", 1, "A"))
    stranger, _theirs = await make_owner(services, "eve@example.org")
    for commit in (False, True):
        refused = await post(client, stranger, content, organizer_id=organizer.id, commit=commit)
        assert refused.status_code == 404
    listed = await client.get(
        UPLOADS, params={"organizer_id": organizer.id}, headers=stranger.headers
    )
    assert listed.status_code == 404
    nobody = await make_person(services, "new@example.org")
    assert (await post(client, nobody, content)).status_code == 400
    second = await make_team(services, "Other")
    async with services.db.write() as session:
        session.add(Member(user_id=person.actor.id, organizer_id=second.id, role="owner"))
    assert (await post(client, person, content)).status_code == 400
    done = await post(client, person, content, organizer_id=organizer.id, commit=True)
    assert done.status_code == 201


async def test_uploads_are_told_page_by_page(client: httpx2.AsyncClient, owner: Owner) -> None:
    for number in range(3):
        content = pool_csv(ticket_rows("Gala", 1, "A", first=number))
        assert (await post(client, owner[0], content, commit=True)).status_code == 201
    names: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await client.get(
            UPLOADS, params={"limit": 2, "after": after}, headers=owner[0].headers
        )
        names += [one["id"] for one in page.json()["uploads"]]
        after = page.json()["next"]
    assert len(names) == len(set(names)) == 3


async def test_files_are_limited_per_person(
    client: httpx2.AsyncClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "UPLOADS_PER_HOUR", 2)
    content = pool_csv(ticket_rows("Gala", 1, "A"))
    statuses = [(await post(client, owner[0], content)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_a_formula_is_told_as_text(client: httpx2.AsyncClient, owner: Owner) -> None:
    row = ['"=HYPERLINK(""http://evil.example"")"', "=1+1", "a@example.org", "=cmd|x"]
    report = (await post(client, owner[0], pool_csv([row]))).json()
    (unknown,) = report["unknown_events"]
    assert unknown["typed"] == '=HYPERLINK("http://evil.example")'
    assert (report["valid"], report["sample"][0]["password"]) == (0, "••••••")
    assert HEADER not in json.dumps(report)
