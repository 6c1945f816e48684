"""Everything that is kept of a person, room by room, as data or as a ZIP of JSON files."""

import io
import json
import zipfile
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.audit.told_of_person import acts_of
from handstamp.auth.find_person import Person, find_person
from handstamp.auth.told_of_person import account_of
from handstamp.clubs.told_of_person import memberships_told
from handstamp.fraud.told_of_person import signals_told
from handstamp.mail.told_of_person import mails_to
from handstamp.orders.told_of_person import orders_told
from handstamp.plumbing.web import Actor, Services, check_admin
from handstamp.pool.told_of_person import pool_told
from handstamp.preorders.told_of_person import preorders_told
from handstamp.privacy.find_ids import ids_of
from handstamp.refunds.told_of_person import refunds_told
from handstamp.tickets.told_of_person import tickets_held
from handstamp.waitlist.told_of_person import places_told

Rooms = dict[str, Any]


async def export_own(session: AsyncSession, services: Services, actor: Actor) -> Rooms:
    """Return all that is kept of the actor, who is known by having signed in; it is audited."""
    return await _handed_out(session, services, actor, Person(actor.email, actor.id))


async def export_person(
    session: AsyncSession, services: Services, actor: Actor, email: str
) -> Rooms:
    """Return all that is kept of somebody, for whoever runs this server; it is audited.

    Raises:
        Forbidden: the actor does not run this server.
        BadInput: that is no address.
    """
    check_admin(actor)
    return await _handed_out(session, services, actor, await find_person(session, email))


async def _handed_out(
    session: AsyncSession, services: Services, actor: Actor, person: Person
) -> Rooms:
    await record(session, actor, "person.export", "user", person.user_id)
    return await gather(session, services, person)


async def gather(session: AsyncSession, services: Services, person: Person) -> Rooms:
    """Return all that is kept of somebody; the caller has made sure that it may be told."""
    orders, preorders = await ids_of(session, person)
    return {
        "about": {
            "email": person.email,
            "made_at": services.clock(),
            "times": "milliseconds since 1970-01-01 UTC",
            "amounts": "minor units of the currency, such as cents",
        },
        "account": await account_of(session, person),
        "clubs": await memberships_told(session, person),
        "waiting_lists": await places_told(session, person),
        "orders": await orders_told(session, person),
        "pre_orders": await preorders_told(session, person),
        "refunds": await refunds_told(session, orders, preorders),
        "tickets": await tickets_held(session, person.email),
        "tickets_from_elsewhere": await pool_told(session, person),
        "fraud_signals": await signals_told(session, services.settings, person.email),
        "mails": await mails_to(session, person.email),
        "acts": await acts_of(session, person.user_id) if person.user_id else [],
    }


def as_zip(told: Rooms) -> bytes:
    """Return a ZIP with a JSON file for each room."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        for room, content in told.items():
            text = json.dumps(content, ensure_ascii=False, indent=2)
            files.writestr(zipfile.ZipInfo(f"{room}.json"), text)
    return packed.getvalue()
