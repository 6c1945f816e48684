"""Correct the address an order was bought with: the link mailed before opens nothing more."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.kit.clock import DAY, HOUR
from handstamp.mail.addresses import is_erased
from handstamp.mail.redirect_mails import redirect_mails
from handstamp.orders.models import Order
from handstamp.orders.order_access import hash_of, secret_of
from handstamp.orders.order_mails import about, queue_resent
from handstamp.orders.rules import PLACED
from handstamp.plumbing import limits
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets.correct_holder import correct_holder
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.models import Ticket
from handstamp.tickets.reissue_ticket import reissue

PER_HOUR, PER_DAY = 5, 20


@dataclass(frozen=True)
class Corrected:
    """What came of it: the mail with the tickets ('' when there are none), and codes renewed."""

    mail: str
    renewed: int


async def correct_email(
    services: Services, actor: Actor, order_id: str, email: str, *, renew: bool = False
) -> Corrected:
    """Give an order another address and mail its tickets there; the same address again is safe.

    The old link is dead, and mails that still wait go to the new address. `renew`: its valid
    tickets get new codes too, for what was mailed before may be with a stranger. Opens
    transactions of its own.

    Raises:
        NotFound: there is no such order, or it is somebody else's.
        Conflict: it was never placed, or its data was erased.
        TooMany: it was corrected too often.
    """
    async with services.db.read() as session:
        await _owned(session, actor, order_id, lock=False)
    await limits.hit(services, f"correct:{order_id}", limit=PER_HOUR, window_ms=HOUR)
    await limits.hit(services, f"correct:{order_id}", limit=PER_DAY, window_ms=DAY)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        order = await _owned(session, actor, order_id, lock=True)
        if order.status not in PLACED or is_erased(order.email):
            raise Conflict(_("Only an order with tickets can get another address."))
        before, order.email = order.email, email
        order.access_hash = hash_of(secret_of(services.settings, order.id, email))
        await session.flush()
        await redirect_mails(session, about(order.id), email)
        renewed = await _tickets(session, services, actor, order, before=before, renew=renew)
        lives = order.status != "refunded"
        mail = await queue_resent(session, order) if lives else ""
        await record(
            session, actor, "order.email", "order", order.id,
            organizer_id=order.organizer_id, meta={"mail": mail, "renewed": renewed},
        )  # fmt: skip
        after_commit(session, lambda: services.signals.publish(f"order:{order.id}"))
        return Corrected(mail, renewed)


async def _owned(session: AsyncSession, actor: Actor, order_id: str, *, lock: bool) -> Order:
    query = select(Order).where(Order.id == order_id)
    query = query.with_for_update(key_share=True) if lock else query
    order = await session.scalar(query, execution_options={"populate_existing": True})
    if order is None or not actor.may_manage(order.organizer_id):
        raise NotFound(_("There is no such order among yours."))
    return order


async def _tickets(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    order: Order,
    *,
    before: str,
    renew: bool,
) -> int:
    """Give the tickets that name the old address the new one; return how many got new codes.

    An order by hand may have had no address, and an erased holder has none any more.
    """
    query = select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)
    query = query.with_for_update(key_share=True)
    found = await session.scalars(query, execution_options={"populate_existing": True})
    theirs = [one for one in found if one.holder_email == before and one.erased_at is None]
    renewed = 0
    for ticket in theirs:
        if renew and ticket.status == "valid":
            holder = Holder(ticket.holder_name, order.email, ticket.order_ref, note=ticket.note)
            await reissue(session, services, actor, ticket, holder=holder)
            renewed += 1
        else:
            await correct_holder(session, services, ticket, order.email)
    return renewed
