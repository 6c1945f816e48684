"""The credential of an assignment as its mail carries it: read when it is sent, never stored."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.web import Services
from handstamp.pool.credentials import Credential
from handstamp.pool.models import Assignment, PoolTicket
from handstamp.pool.sealer import sealer_in


class ToMail(NamedTuple):
    """What a mail carries: whose it is (a demand), and what lets in."""

    demand_id: str
    credential: Credential


async def credential_to_mail(
    session: AsyncSession, services: Services, assignment_id: str
) -> ToMail | None:
    """Open the ticket of an assignment that goes on; None when it has ended or was never.

    Whoever sends it logs that by `note_mailed.note_sent`, once it has left.
    """
    keys = await sealer_in(session, services)
    query = (
        select(PoolTicket, Assignment.demand_id)
        .join(Assignment, Assignment.ticket_id == PoolTicket.id)
        .where(Assignment.id == assignment_id, Assignment.ended_at.is_(None))
        .where(PoolTicket.status.in_(("assigned", "used")))
    )
    row = (await session.execute(query)).one_or_none()
    if keys is None or row is None:
        return None
    ticket, demand_id = row
    if not keys.has(ticket.key_id):
        keys = await sealer_in(session, services) or keys
    opened = keys.unseal(ticket.id, ticket.sealed, ticket.key_id)
    credential = Credential(ticket.email, opened.password, opened.code)
    return ToMail(demand_id, credential)
