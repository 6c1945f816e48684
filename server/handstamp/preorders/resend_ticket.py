"""Send a pre-order's ticket again, to the address it was placed with, and not too often."""

from handstamp.audit.record import record
from handstamp.kit.clock import DAY, HOUR
from handstamp.plumbing import limits
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.handed_over import held_ticket
from handstamp.preorders.charge_mails import queue_resent
from handstamp.preorders.find_preorders import owned_preorder
from handstamp.preorders.resend_credentials import resend_credentials

PER_HOUR, PER_DAY = 3, 10


async def resend_ticket(services: Services, actor: Actor, preorder_id: str) -> str:
    """Queue the ticket once more and return the mail's id; opens transactions of its own.

    One from elsewhere is sent with its credential, as `resend_credentials` does.

    Raises:
        NotFound: it is not a pre-order of an event that the actor runs.
        Conflict: it has no ticket.
        TooMany: it was sent again too often.
    """
    async with services.db.read() as session:
        preorder = await owned_preorder(session, actor, preorder_id)
        elsewhere = await held_ticket(session, preorder.id)
    if elsewhere is not None:
        return await resend_credentials(services, actor, elsewhere)
    await limits.hit(services, f"resend:{preorder.id}", limit=PER_HOUR, window_ms=HOUR)
    await limits.hit(services, f"resend:{preorder.id}", limit=PER_DAY, window_ms=DAY)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        preorder = await owned_preorder(session, actor, preorder_id)
        if preorder.status != "fulfilled" or preorder.ticket_id is None:
            raise Conflict(_("This pre-order has no ticket to send."))
        mail = await queue_resent(session, preorder)
        await record(
            session,
            actor,
            "preorder.resend",
            "preorder",
            preorder.id,
            organizer_id=preorder.organizer_id,
            meta={"mail": mail},
        )
        return mail
