"""Issuing tickets: random serials, printed ids and signatures for one or many at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.announce import announce
from handstamp.events.models import Event, Tier
from handstamp.kit.ids import random_int
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.tickets import stock, store
from handstamp.tickets.models import SigningKey, Ticket
from handstamp.tickets.printed_id import printed_prefix, printed_tail
from handstamp.tickets.signing_keys import current_key, sign_body
from handstamp.tickets.token import TokenBody, encode_body, token_digest

AT_ONCE = 50_000
_THREAD_FROM = 200


@dataclass(frozen=True)
class Holder:
    """For whom a ticket is; `external_id` is its id in another system, unique in the event.

    `order` is an order's number as people say it. A bought ticket also has the ids of its order
    and line, and its place in that line. `code_digest` is of a code from elsewhere that admits
    its holder too. `note` is read at the door before admitting (R62).
    """

    name: str = ""
    email: str = ""
    order: str = ""
    external_id: str | None = None
    order_id: str | None = None
    order_item_id: str | None = None
    place: int | None = None
    code_digest: bytes | None = None
    note: str = ""


async def issue(
    session: AsyncSession,
    services: Services,
    event: Event,
    tier: Tier,
    holders: Sequence[Holder],
    *,
    source: str = "issued",
    actor: Actor = SYSTEM,
) -> list[Ticket]:
    """Issue a ticket of one tier to each holder; return them in that order.

    Raises:
        Conflict: an external id is taken, or there are more than 50,000 holders.
    """
    serials = await issue_rows(
        session, services, event, [(tier, holder) for holder in holders], source=source, actor=actor
    )
    return await store.by_serials(session, event.id, serials)


async def issue_rows(
    session: AsyncSession,
    services: Services,
    event: Event,
    rows: Sequence[tuple[Tier, Holder]],
    *,
    source: str,
    actor: Actor,
    were_held: bool = False,
    told: Callable[[int], None] = lambda _more: None,
) -> list[int]:
    """Issue tickets of several tiers at once; return their serials in the order given.

    `told` hears how many more are stored. They count in the stock whatever the capacity says:
    whoever sells holds them first (`stock.reserve`), and `were_held` tells so.

    Raises:
        Conflict: an external id is taken, or there are more than 50,000 rows.
    """
    if not rows:
        return []
    if len(rows) > AT_ONCE:
        raise Conflict(_("At most 50,000 tickets can be issued at once."))
    await _check_externals(session, event, rows)
    key = await current_key(session, services)
    code = await store.organizer_code(session, event.organizer_id)
    prefix = printed_prefix(code, event.code, event.start_at, event.time_zone)
    serials = await _new_serials(session, event, len(rows))
    digests = await _digests(services, key, event, rows, serials)
    now = services.clock()
    values: list[dict[str, Any]] = [
        {
            "event_id": event.id,
            "tier_id": tier.id,
            "tier_no": tier.number,
            "serial": serial,
            "printed_id": prefix + printed_tail(serial),
            "epoch": 1,
            "status": "valid",
            "status_at": now,
            "holder_name": holder.name,
            "holder_email": holder.email,
            "order_ref": holder.order,
            "note": holder.note,
            "external_id": holder.external_id,
            "order_id": holder.order_id,
            "order_item_id": holder.order_item_id,
            "place": holder.place,
            "key_id": key.key_id,
            "token_digest": digest,
            "code_digest": holder.code_digest,
            "source": source,
            "revision": 1,
            "created_at": now,
            "updated_at": now,
        }
        for (tier, holder), serial, digest in zip(rows, serials, digests, strict=True)
    ]
    await store.add_tickets(session, values, told)
    stock.later(session, _moves(event, rows, were_held=were_held))
    await record(
        session,
        actor,
        "tickets.issue",
        "event",
        event.id,
        organizer_id=event.organizer_id,
        meta={"count": len(rows), "source": source},
    )
    announce(session, services, event.id)
    return serials


def signature_of(
    services: Services, key: SigningKey, event: Event, *, serial: int, tier_no: int, epoch: int
) -> bytes:
    """Sign the token of a ticket; 64 bytes."""
    body = encode_body(TokenBody(key.key_id, event.number, serial, tier_no, epoch))
    return sign_body(services, key, body)


def _moves(
    event: Event, rows: Sequence[tuple[Tier, Holder]], *, were_held: bool
) -> list[stock.Move]:
    counted = Counter(tier.id for tier, _holder in rows)
    return [
        stock.Move(event.id, tier_id, held=-number if were_held else 0, issued=number)
        for tier_id, number in counted.items()
    ]


async def _check_externals(
    session: AsyncSession, event: Event, rows: Sequence[tuple[Tier, Holder]]
) -> None:
    wanted = [holder.external_id for _tier, holder in rows if holder.external_id is not None]
    if len(set(wanted)) != len(wanted):
        raise Conflict(_("The same ticket number of the other system stands there twice."))
    if await store.externals_taken(session, event.id, wanted):
        raise Conflict(_("A ticket with that number of the other system is here already."))


async def _new_serials(session: AsyncSession, event: Event, count: int) -> list[int]:
    serials: dict[int, None] = {}
    while len(serials) < count:
        fresh = {random_int(40): None for _ in range(count - len(serials))}
        for taken in await store.serials_taken(session, event.id, list(fresh)):
            del fresh[taken]
        serials.update(fresh)
    return list(serials)


async def _digests(
    services: Services,
    key: SigningKey,
    event: Event,
    rows: Sequence[tuple[Tier, Holder]],
    serials: Sequence[int],
) -> list[bytes]:
    def work() -> list[bytes]:
        return [
            token_digest(
                signature_of(services, key, event, serial=serial, tier_no=tier.number, epoch=1)
            )
            for (tier, _holder), serial in zip(rows, serials, strict=True)
        ]

    if len(rows) < _THREAD_FROM:
        return work()
    return await asyncio.to_thread(work)
