"""Reading a ticket's credential: by the member it was given to, or by support with a reason."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.kit.clock import HOUR
from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.log_assignment import note
from handstamp.pool.models import Assignment, Demand, PoolTicket
from handstamp.pool.sealer import sealer_in

READ = "credential.read"
SENT = "credential.sent"
READS_PER_HOUR = 60
LONGEST_REASON = 200


@dataclass(frozen=True)
class Credential:
    """What lets somebody in; no repr shows it."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    code: str = field(default="", repr=False)


async def count_reading(services: Services, actor: Actor) -> None:
    """Count one reading of an actor; call it before the transaction that reads.

    Raises:
        TooMany: more than 60 within the hour.
    """
    await hit(services, f"credential:{actor.kind}:{actor.id}", limit=READS_PER_HOUR, window_ms=HOUR)


async def read_credential(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    ticket_id: str,
    *,
    reason: str = "",
) -> Credential:
    """Open a ticket's credential and log in the same transaction that it was opened.

    Args:
        reason: why, which everybody but the member must say.

    Raises:
        NotFound: there is no such ticket, or it is not the actor's to read.
        BadInput: no reason is given, or one too long.
    """
    keys = await sealer_in(session, services)  # before the ticket: rotation may go on meanwhile
    ticket = await _ticket(session, ticket_id)
    if keys is None or ticket is None:
        raise NotFound(_("There is no such ticket."))
    demand = await _demand_of(session, ticket)
    own = actor.kind in ("user", "admin") and demand is not None and demand.user_id == actor.id
    if not own and not actor.may_support(ticket.organizer_id):
        raise NotFound(_("There is no such ticket."))
    said = " ".join(reason.split())
    if not (own or said):
        raise BadInput(_("Say why you need to see it; it is kept in the log."))
    if len(said) > LONGEST_REASON:
        raise BadInput(_("The reason is too long."))
    if not keys.has(ticket.key_id):
        keys = await sealer_in(session, services) or keys
    opened = keys.unseal(ticket.id, ticket.sealed, ticket.key_id)
    await _log(session, actor, ticket, demand, reason=said, own=own)
    return Credential(ticket.email, opened.password, opened.code)


async def _demand_of(session: AsyncSession, ticket: PoolTicket) -> Demand | None:
    query = (
        select(Demand)
        .join(Assignment, Assignment.demand_id == Demand.id)
        .where(Assignment.ticket_id == ticket.id, Assignment.ended_at.is_(None))
    )
    return (await session.scalars(query)).one_or_none()


async def _ticket(session: AsyncSession, ticket_id: str) -> PoolTicket | None:
    if not ticket_id.isprintable():  # PostgreSQL refuses text with a NUL in it
        return None
    return await session.get(PoolTicket, ticket_id, populate_existing=True)


async def _log(
    session: AsyncSession,
    actor: Actor,
    ticket: PoolTicket,
    demand: Demand | None,
    *,
    reason: str,
    own: bool,
) -> None:
    meta = {"own": True} if own else {"reason": reason}
    await note(
        session,
        actor,
        READ,
        event_id=ticket.event_id,
        ticket_id=ticket.id,
        demand_id=demand.id if demand else None,
        email=demand.email if demand else "",
        meta=meta,
    )
    await record(
        session, actor, READ, "pool_ticket", ticket.id,
        organizer_id=ticket.organizer_id, meta=meta,
    )  # fmt: skip
