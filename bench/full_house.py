"""A hall that is nearly full: most tickets admitted by twenty doors, through the real exchange."""

from collections.abc import Sequence

import httpx2
from sqlalchemy import func, select

from bench.door_phones import API, Phone, pair_phone
from bench.installation import Installation
from handstamp.app import create_app
from handstamp.checkin.models import Admission
from handstamp.events.models import Event
from handstamp.tickets.models import Ticket

DOORS = 20
AT_ONCE = 1_000


async def admit(here: Installation, event: Event, count: int) -> None:
    """Admit the event's first `count` tickets; each door hands its log in as phones do."""
    tickets = await here.tickets(event, count)
    app = create_app(here.settings, here.services.clock, services=here.services)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=here.address) as http:
        for door in range(DOORS):
            phone = await pair_phone(here, event, f"Door {door + 1}", http=http)
            await _hand_in(here, phone, tickets[door::DOORS], http)
    async with here.services.db.read() as session:
        wanted = select(func.count()).where(Admission.event_id == event.id, Admission.greens == 1)
        assert await session.scalar(wanted) == count


async def _hand_in(
    here: Installation, phone: Phone, tickets: Sequence[Ticket], http: httpx2.AsyncClient
) -> None:
    for start in range(0, len(tickets), AT_ONCE):
        phone.admit(tickets[start : start + AT_ONCE], here.services.clock())
        headers, body = phone.zipped(start + 1)
        answer = await http.post(f"{API}/sync", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["acks"][0]["to"] == len(phone.log), answer.text[:500]
