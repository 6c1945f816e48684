"""Rows of the ticket pool as they stand after many runs, written straight into the tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event, Tier
from handstamp.kit.clock import SECOND
from handstamp.kit.ids import new_id
from handstamp.plumbing.web import Services
from handstamp.pool.models import Assignment, Demand, PoolTicket, PoolUpload


@dataclass
class Stand:
    """Ids in the order of service: pre-orders, tickets, and the assignments of the first ones."""

    demands: list[str] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    assignments: list[str] = field(default_factory=list)


async def make_stand(
    session: AsyncSession,
    services: Services,
    event: Event,
    tier: Tier,
    *,
    demands: int = 0,
    tickets: int = 0,
    used: int = 0,
    statuses: Sequence[str] = (),
    delivery: Sequence[str] = (),
    name: str = "Member",
) -> Stand:
    """Add pre-orders and tickets of a tier; as many as both allow are assigned, one to one.

    `statuses`: of the tickets left over, unassigned where it ends; `delivery`: of the first
    assignments. The first `used` tickets were used.
    """
    at, both, stand = services.clock(), min(demands, tickets), Stand()
    upload = new_id("upl")
    shared = {"organizer_id": event.organizer_id, "event_id": event.id, "tier_id": tier.id}
    session.add(
        PoolUpload(id=upload, organizer_id=event.organizer_id, filename="t.csv", digest=upload,
                   rows=tickets, created_by="test", created_at=at)
    )  # fmt: skip
    await session.flush()
    wishes: list[dict[str, Any]] = []
    for number in range(demands):
        stand.demands.append(new_id("pre"))
        wishes.append(
            {
                **shared,
                "id": stand.demands[-1],
                "user_id": f"user_{number}",
                "email": f"{name.lower()}{number}@example.org",
                "name": f"{name} {number}",
                "number": f"PRE-{number:05}",
                "status": "assigned" if number < both else "waiting",
                "confirmed_at": at + number * SECOND,
                "created_at": at,
                "updated_at": at,
            }
        )
    spare = [*statuses, *["unassigned"] * tickets]
    held: list[dict[str, Any]] = []
    for number in range(tickets):
        stand.tickets.append(new_id("pt"))
        status = "used" if number < used else "assigned"
        held.append(
            {
                **shared,
                "id": stand.tickets[-1],
                "upload_id": upload,
                "line": number + 2,
                "status": status if number < both else spare[number - both],
                "email": f"account{number}@tickets.example",
                "sealed": b"sealed",
                "key_id": 1,
                "twin": stand.tickets[-1],
                "created_at": at,
                "updated_at": at,
                "used_at": at if number < used else None,
            }
        )
    given: list[dict[str, Any]] = []
    for number in range(both):
        stand.assignments.append(new_id("pa"))
        given.append(
            {
                "id": stand.assignments[-1],
                "event_id": event.id,
                "tier_id": tier.id,
                "ticket_id": stand.tickets[number],
                "demand_id": stand.demands[number],
                "user_id": f"user_{number}",
                "delivery_status": delivery[number] if number < len(delivery) else "sent",
                "created_at": at,
                "handed_at": at,
            }
        )
    for table, rows in ((Demand, wishes), (PoolTicket, held), (Assignment, given)):
        if rows:
            await session.execute(insert(table), rows)
    return stand
