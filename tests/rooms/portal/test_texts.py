"""No visible string of a page escapes the catalogues."""

import re

import pytest
from tests.factories.checkin import pair_phone
from tests.rooms.portal.conftest import Desk, Show, words
from tests.rooms.portal.test_access import TAILS

from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

_MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[A-Za-z]{3,}")
_OPTIONS = re.compile(r"<option.*?</option>", re.S)
# Names of things: ours, the test's own data, days, months, units, zones and file formats.
DATA = frozenset(
    [
        "Handstamp",
        "Paper",
        "Lanterns",
        "General",
        "VIP",
        "Main",
        "door",
        "lounge",
        "Moon",
        "Gallery",
        "Door",
        "Gate",
        "example",
        "org",
        "guest",
        "ORD",
        "Ada",
        "Lovelace",
        "Jos",
        "ngel",
        "and",
        "ucja",
        "sterg",
        "Fri",
        "Sat",
        "Thu",
        "May",
        "Jun",
        "Jul",
        "Vancouver",
        "UTC",
        "CAD",
        "scan",
        "min",
        "https",
        "system",
    ]
)


async def strays(desk: Desk, path: str) -> set[str]:
    assert desk.person
    headers = {**desk.person.headers, "Accept-Language": "qps"}
    answer = await desk.http.get(path, headers=headers)
    assert answer.status_code == 200, path
    return strays_in(answer.text)


def strays_in(html: str) -> set[str]:
    left = _MARKED.sub(" ", words(_OPTIONS.sub("", html)))
    left = re.sub(r"\S+-\S+-\d{8}-\w+|\S+@\S+|http\S+|\w+_\w{20}|\b[0-9a-f]{12}\b", " ", left)
    return set(_WORD.findall(left)) - DATA


async def test_every_string_is_translated(desk: Desk, show: Show, services: Services) -> None:
    phone = await pair_phone(desk.http, services, show.event, "Door 1", gate="Gate")
    for token in (show.tokens[0], show.tokens[0], "nonsense"):
        phone.scan(token)
    await phone.sync()
    found = {tail: await strays(desk, show.base + tail) for tail in TAILS}
    found["guest"] = await strays(desk, f"{show.base}/guests/{show.tickets[0].id}")
    for path in ("", "/events/new", "/team", "/audit"):
        found[path or "/organizer"] = await strays(desk, f"/tickets/organizer{path}")
    assert {page: left for page, left in found.items() if left} == {}
