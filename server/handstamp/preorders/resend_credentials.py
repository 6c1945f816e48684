"""Send a member's ticket from elsewhere again, to the address of the pre-order, not too often."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.kit.clock import DAY, HOUR
from handstamp.plumbing import limits
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.log_assignment import note
from handstamp.pool.models import Assignment, PoolTicket
from handstamp.preorders import store
from handstamp.preorders.credential_mails import queue_credentials
from handstamp.preorders.given_back import given_back
from handstamp.preorders.models import PreOrder

RESENT = "credential.resend"
PER_HOUR, PER_DAY = 3, 10


async def resend_credentials(services: Services, actor: Actor, ticket_id: str) -> str:
    """Queue the mail of a ticket once more and return its id; opens transactions of its own.

    Its delivery begins anew: what is told later of the mail before does not count.

    Raises:
        NotFound: there is no such ticket, or the actor does not help its organizer's members.
        Conflict: nobody has it, or the pre-order does not hold it any more: its money goes back.
        TooMany: it was sent again too often.
    """
    async with services.db.read() as session:
        await _supported(session, actor, ticket_id)
    await limits.hit(services, f"resend:{ticket_id}", limit=PER_HOUR, window_ms=HOUR)
    await limits.hit(services, f"resend:{ticket_id}", limit=PER_DAY, window_ms=DAY)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        ticket = await _supported(session, actor, ticket_id)
        preorder, given = await _current(session, ticket_id)
        given.mail_id = None
        (mail,) = await queue_credentials(session, [(preorder, given)])
        meta = {"mail": mail, "assignment": given.id}
        await note(
            session,
            actor,
            RESENT,
            event_id=given.event_id,
            ticket_id=ticket_id,
            demand_id=preorder.id,
            email=preorder.email,
            meta=meta,
        )
        await record(
            session, actor, RESENT, "pool_ticket", ticket_id,
            organizer_id=ticket.organizer_id, meta=meta,
        )  # fmt: skip
        return mail


async def _supported(session: AsyncSession, actor: Actor, ticket_id: str) -> PoolTicket:
    found = await session.get(PoolTicket, ticket_id) if ticket_id.isprintable() else None
    if found is None or not actor.may_support(found.organizer_id):
        raise NotFound(_("There is no such ticket."))
    return found


async def _current(session: AsyncSession, ticket_id: str) -> tuple[PreOrder, Assignment]:
    """Return whose a ticket is; the assignment is locked until the transaction ends."""
    query = (
        select(Assignment)
        .where(Assignment.ticket_id == ticket_id, Assignment.ended_at.is_(None))
        .with_for_update(key_share=True)
    )
    given = await session.scalar(query, execution_options={"populate_existing": True})
    preorder = await store.preorder(session, given.demand_id) if given else None
    if (
        given is None
        or preorder is None
        or preorder.status != "fulfilled"
        or await given_back(session, [preorder.id])
    ):
        raise Conflict(_("Nobody holds this ticket, so there is nobody to send it to."))
    return preorder, given
