"""Erase a person from every room, in one transaction; safe to repeat.

What stays names nobody: tickets as tombstones, orders and pre-orders with their amounts, the
audit log. A keyed hash of the address is kept so that a restored backup can be brought to the
same state.
"""

from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.forget_person import forget_addresses
from handstamp.audit.record import record
from handstamp.auth.find_person import Person, find_person
from handstamp.auth.forget_person import forget_account
from handstamp.checkin.forget_person import forget_snapshots
from handstamp.clubs.forget_person import forget_memberships
from handstamp.fraud.forget_person import forget_signals
from handstamp.kit.clock import Millis
from handstamp.mail.forget_person import forget_mails
from handstamp.orders.forget_person import forget_orders
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import NewJob, enqueue_many
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services, check_admin
from handstamp.pool.forget_person import forget_in_pool
from handstamp.preorders.forget_person import forget_preorders
from handstamp.privacy.find_reasons import Held, hold_person
from handstamp.privacy.hash_email import email_hash
from handstamp.privacy.models import Erasure
from handstamp.privacy.write_journal import write_journal
from handstamp.refunds.forget_person import forget_notes
from handstamp.tickets.forget_person import forget_holder
from handstamp.waitlist.forget_person import forget_places

EVENTS_JOB = "webhooks.forget_person"  # the inbox of Stripe's events lies above this room
_IN_ONE = 200
_LOCK = 0x68735F65  # "hs_e"
_log = structlog.get_logger("handstamp.privacy")


@dataclass(frozen=True)
class Erased:
    """How much was masked; `stripe`: ids of what Stripe still keeps of the person.

    `in_journal`: the file beside the database has it, too; if not, an hourly job tries again.
    """

    orders: int = 0
    preorders: int = 0
    events: int = 0
    stripe: list[str] = field(default_factory=list)
    in_journal: bool = True


async def erase_person(
    services: Services, actor: Actor, email: str, *, erased_at: Millis | None = None
) -> Erased:
    """Erase whoever has an address. Whether there is anything of theirs makes no difference.

    Args:
        erased_at: when they were erased first, if this repeats it on a restored backup.

    Raises:
        Forbidden: the actor does not run this server.
        BadInput: that is no address.
        Conflict: money of theirs is open, or something hangs on them alone; nothing was erased.
    """
    check_admin(actor)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        await _one_at_a_time(session)
        person = await find_person(session, email)
        held = await hold_person(session, person)
        if held.reasons:
            raise Conflict(
                _("Nothing was erased. %(reasons)s") % {"reasons": " ".join(held.reasons)},
                code="cannot_erase",
            )
        erased = await _forget(session, services, actor, person, held)
        await note_erasure(
            session,
            email_hash(services.settings, person.email),
            actor,
            services.clock() if erased_at is None else erased_at,
        )
        counted = {"orders": erased.orders, "preorders": erased.preorders}
        await record(session, actor, "person.erase", "user", person.user_id, meta=counted)
    _log.info("person_erased", **counted)
    return replace(erased, in_journal=await write_journal(services))


async def _forget(
    session: AsyncSession, services: Services, actor: Actor, person: Person, held: Held
) -> Erased:
    known = await forget_orders(session, person, held.orders)
    known += await forget_preorders(session, services, actor, person, held.preorders)
    known += await forget_notes(session, held.order_ids, held.preorder_ids)
    await forget_in_pool(session, actor, person)
    events = await forget_holder(session, services, person.email, held.order_ids)
    await forget_snapshots(session, events)
    await forget_memberships(session, person)
    await forget_places(session, person)
    await forget_mails(session, person.email)
    await forget_signals(session, services.settings, person.email)
    await forget_account(session, person)
    if person.user_id:
        await forget_addresses(session, person.user_id)
    known = sorted(set(known))
    pieces = [known[start : start + _IN_ONE] for start in range(0, len(known), _IN_ONE)]
    await enqueue_many(session, EVENTS_JOB, [NewJob({"objects": piece}) for piece in pieces])
    return Erased(len(held.orders), len(held.preorders), len(events), known)


async def note_erasure(session: AsyncSession, hashed: str, actor: Actor, moment: Millis) -> None:
    """Keep that somebody was erased; the latest time counts."""
    known = await session.get(Erasure, hashed, populate_existing=True)
    if known is None:
        session.add(Erasure(email_hash=hashed, erased_by=actor.id, erased_at=moment))
    elif known.erased_at < moment:
        known.erased_at, known.erased_by = moment, actor.id
    await session.flush()


async def _one_at_a_time(session: AsyncSession) -> None:
    if not is_sqlite(session):
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
