"""Credentials of assignments as their mails carry them: read at sending, never stored."""

from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.web import Services
from handstamp.pool.count_events import GIVEN
from handstamp.pool.credentials import Credential
from handstamp.pool.models import Assignment, PoolTicket
from handstamp.pool.sealer import Sealer, sealer_in


class ToMail(NamedTuple):
    """What a mail carries: whose it is (a demand), and what lets in, opened when it is built.

    `unseal` raises ValueError when what is stored cannot be opened.
    """

    demand_id: str
    unseal: Callable[[], Credential]


async def credentials_to_mail(
    session: AsyncSession, services: Services, assignment_ids: Collection[str]
) -> dict[str, ToMail]:
    """Return the tickets of those assignments that go on, by the assignment's id.

    Whoever sends one logs that by `note_mailed.note_sent`, once it has left.
    """
    query = (
        select(
            Assignment.id.label("assignment"), Assignment.demand_id,
            PoolTicket.id, PoolTicket.email, PoolTicket.sealed, PoolTicket.key_id,
        )
        .join(Assignment, Assignment.ticket_id == PoolTicket.id)
        .where(Assignment.id.in_(assignment_ids), Assignment.ended_at.is_(None))
        .where(PoolTicket.status.in_(GIVEN))
    )  # fmt: skip
    rows = (await session.execute(query)).all()
    keys = await sealer_in(session, services)
    if keys is None:
        return {}
    return {row.assignment: ToMail(row.demand_id, partial(_open, keys, *row[2:])) for row in rows}


def _open(keys: Sealer, ticket_id: str, email: str, sealed: bytes, key_id: int) -> Credential:
    opened = keys.unseal(ticket_id, sealed, key_id)
    return Credential(email, opened.password, opened.code)
