"""Bad input to the door: a plain refusal that says what is wrong, nothing stored, never a 500."""

import gzip
import json
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from starlette.applications import Starlette
from tests.factories.checkin import API, Phone, make_scanner_key, pair_phone
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin.accept_scans import MOST_FACTS
from handstamp.checkin.models import Fact
from handstamp.checkin.sync_request import read_sync
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

SHAPES: list[Any] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"logs": 5}',
    b'{"logs": [5]}',
    b'{"logs": [{}]}',
    b'{"logs": [{"device": 0}]}',
    b'{"logs": [{"device": true}]}',
    b'{"logs": [{"device": 1.5}]}',
    b'{"logs": [{"device": 281474976710656}]}',
    b'{"logs": [{"device": 1, "from": 0}]}',
    b'{"logs": [{"device": 1, "from": 9007199254740992}]}',
    b'{"logs": [{"device": 1, "facts": {}}]}',
    b'{"logs": [{"device": 1, "facts": ["\xc3\xa9"]}]}',
    b'{"logs": [{"device": 1, "facts": ["AAAA"], "signature": 5}]}',
    b'{"cursor": []}',
    b'{"clock": -1}',
    b'{"clock": "now"}',
    b'{"clock": 1e300}',
    b'{"status": []}',
    b'{"status": {"build": "\\u0000"}}',
    b'{"certificates": {}}',
    b'{"certificates": [1]}',
    b'{"release": 1}',
    b'{"release": null}',
    b'{"clock": ' + b"9" * 5_000 + b"}",
]


@pytest.mark.parametrize("body", SHAPES, ids=range(len(SHAPES)))
async def test_a_wrong_shape_is_refused_in_words(
    client: httpx2.AsyncClient, services: Services, sold: Sold, body: bytes
) -> None:
    phone = await pair_phone(client, services, sold.event)
    answer = await client.post(f"{API}/sync", content=body, headers=phone.headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


async def test_what_is_odd_but_harmless_is_taken(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    odd = {
        "protocol": 99,
        "later": {"x": [1]},
        "cursor": {"feed": 1, "seq": 1e9, "digest": None},
        "clock": (1 << 53) - 1,
        "status": {"pending": -5, "build": "\ud800", "battery": "high", "list": None},
    }
    answer = await phone.post(odd)
    assert (answer.status_code, answer.json()["reset"]) == (200, True)


async def test_too_much_is_refused(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    facts = {"logs": [{"device": 1, "facts": ["AAAA"] * (MOST_FACTS + 1)}]}
    assert (await phone.post(facts)).status_code == 413
    assert (await phone.post({"logs": [{"device": 1}] * 65})).status_code == 413
    assert (await phone.post({"status": {"x": "y" * 9_000}})).status_code == 413
    whole = await client.post(f"{API}/sync", content=b"x" * (5 << 20), headers=phone.headers)
    assert whole.status_code == 413
    bomb = gzip.compress(b" " * (64 << 20))
    headers = {**phone.headers, "Content-Encoding": "gzip"}
    assert (await client.post(f"{API}/sync", content=bomb, headers=headers)).status_code == 413


NOT_GZIP = [b"", b"plain", gzip.compress(b"{}", mtime=0)[:-3], gzip.compress(b"{}", mtime=0) * 2]


@pytest.mark.parametrize("body", NOT_GZIP, ids=range(len(NOT_GZIP)))
async def test_what_is_not_gzip_is_refused(
    client: httpx2.AsyncClient, services: Services, sold: Sold, body: bytes
) -> None:
    phone = await pair_phone(client, services, sold.event)
    headers = {**phone.headers, "Content-Encoding": "gzip"}
    assert (await client.post(f"{API}/sync", content=body, headers=headers)).status_code == 400
    headers["Content-Encoding"] = "zstd"
    assert (await client.post(f"{API}/sync", content=b"{}", headers=headers)).status_code == 400


async def test_absurd_facts_are_kept_and_shown_as_what_they_are(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    most = (1 << 53) - 1
    for members in (
        {"claimed": most, "clock": most, "cursor": most, "age": most, "count": most},
        {"claimed": 0, "clock": 0, "serial": sold.tickets[0].serial},
        {"list_no": most, "rule_rev": most, "serial": sold.tickets[0].serial},
        {"kind": 255, "how": 255, "verdict": 255, "flags": most, "serial": (1 << 40) - 1},
        {"serial": (1 << 40) - 1, "epoch": 255},
        {"operator": "\x00\ud7ff", "gate": "x" * 500, "note": "🎟" * 200, "extra": b"\xff" * 99},
        {"seen": tuple((1, n, n) for n in range(1, 300)), "target": (1, most, 5)},
    ):
        phone.append(**members)
    await phone.sync()
    assert phone.acked == 7
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Fact)) == 7
    other = await pair_phone(client, services, sold.event, "Door 2")
    await other.sync()
    assert len(other.copy.facts) == 7


@pytest.mark.parametrize(
    "credential", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJkZXYiOjF9.", "hs_session_x", "ü"]
)
async def test_a_strange_credential_is_refused(client: httpx2.AsyncClient, credential: str) -> None:
    headers = {b"Authorization": f"Bearer {credential}".encode()}
    for method, path in (("GET", "snapshot"), ("POST", "sync")):
        content = b"{}" if method == "POST" else None
        answer = await client.request(method, f"{API}/{path}", content=content, headers=headers)
        assert answer.status_code == 401, path


async def test_a_device_of_another_kind_or_a_key_is_no_phone(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    async with services.db.write() as session:
        key = await make_scanner_key(session, services, sold.event)
    stranger = Phone(client, services.clock)  # type: ignore[arg-type]
    stranger.credential = key
    assert (await stranger.post({})).status_code == 401
    phone = await pair_phone(client, services, sold.event)
    answer = await client.post(
        "/api/tickets/validate", json={"token": sold.tokens[0]}, headers=phone.headers
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"code": "ABCD"},
        {"code": "ABCD", "public_key": "short"},
        {"code": "", "public_key": "A" * 44},
        {"code": "ABCD", "public_key": "!" * 44},
        {"code": 5, "public_key": None},
    ],
)
async def test_a_wrong_pairing_request_is_refused(
    client: httpx2.AsyncClient, members: dict[str, Any]
) -> None:
    assert (await client.post(f"{API}/pair", json=members)).status_code == 400


async def test_guessing_codes_is_slowed(client: httpx2.AsyncClient) -> None:
    guess = {"code": "ABCDEFGH", "public_key": "A" * 43 + "="}
    statuses = [(await client.post(f"{API}/pair", json=guess)).status_code for _ in range(62)]
    assert statuses == [404] * 60 + [429] * 2


async def test_a_switched_off_door_takes_facts_and_nothing_new(
    client: httpx2.AsyncClient, app: Starlette, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    services.settings = services.settings.model_copy(update={"enable_scanning": False})
    answer = (await phone.post(phone.request([phone.log_from(1)]))).json()
    assert answer["acks"][0]["to"] == 1
    assert (answer["changes"], answer["reset"]) == (None, False)
    for method, path in (("GET", f"{API}/snapshot"), ("POST", "/api/tickets/validate")):
        refused = await client.request(
            method, path, headers=phone.headers, json={"token": "x"} if method == "POST" else None
        )
        assert refused.status_code == 503


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "cursor": JSON,
        "logs": JSON
        | st.lists(
            st.fixed_dictionaries(
                {},
                optional={"device": JSON, "from": JSON, "facts": JSON, "signature": JSON},
            ),
            max_size=3,
        ),
        "clock": JSON,
        "status": JSON,
        "certificates": JSON,
        "release": JSON,
    },
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MEMBERS | JSON)
def test_whatever_json_comes_is_read_or_refused(members: Any) -> None:
    try:
        read = read_sync(json.dumps(members).encode())
    except Problem as problem:
        assert problem.status in (400, 413)
    else:
        assert read.pending >= 0
        read.build.encode()
