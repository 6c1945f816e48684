"""A member reads the credential of their own ticket from elsewhere; each reading is logged."""

from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.credentials import Credential, count_reading, read_credential
from handstamp.pool.handed_over import held_ticket
from handstamp.preorders.change_preorder import own_preorder
from handstamp.preorders.given_back import given_back


async def own_credential(services: Services, actor: Actor, preorder_id: str) -> Credential:
    """Open the ticket that a pre-order of the actor's has brought; opens a transaction.

    Raises:
        NotFound: there is no such pre-order of the actor's.
        Conflict: it has no ticket from elsewhere, or its money goes back.
        TooMany: it was read too often within the hour.
    """
    async with services.db.read() as session:
        await own_preorder(session, actor, preorder_id)
    await count_reading(services, actor)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        preorder = await own_preorder(session, actor, preorder_id)
        ticket_id = await held_ticket(session, preorder.id)
        if (
            ticket_id is None
            or preorder.status != "fulfilled"
            or await given_back(session, [preorder.id])
        ):
            raise Conflict(_("This pre-order has no ticket from elsewhere to show."))
        return await read_credential(session, services, actor, ticket_id)
