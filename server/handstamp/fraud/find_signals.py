"""What looked odd, as administrators read it, and the domains that they watch."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.fraud.models import FraudSignal, WatchedDomain
from handstamp.fraud.rules import KINDS, THROWN_AWAY, clean_domain
from handstamp.kit.clock import Millis
from handstamp.orders.models import Order
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services, check_admin

PAGE = 50
LONGEST_NOTE = 200


@dataclass(frozen=True)
class AboutOrder:
    """An order that a signal is about."""

    id: str
    number: str
    status: str


@dataclass(frozen=True)
class ShownSignal:
    """A signal with its orders, the latest first; orders that are gone are left out."""

    id: str
    kind: str
    subject: str
    n: int
    first_at: Millis
    last_at: Millis
    orders: Sequence[AboutOrder]


async def signals(
    session: AsyncSession,
    actor: Actor,
    *,
    kind: str = "",
    before: tuple[Millis, str] | None = None,
) -> list[ShownSignal]:
    """Return signals, the latest first; one more than a page where there is more.

    Args:
        kind: only of this kind.
        before: when the last of the page before was last seen, and its id.

    Raises:
        Forbidden: the actor is no administrator.
        BadInput: there is no such kind.
    """
    check_admin(actor)
    if kind and kind not in KINDS:
        raise BadInput(_("There is no such kind of signal."))
    at, last = FraudSignal.last_at, FraudSignal.id
    query = select(FraudSignal).order_by(at.desc(), last.desc()).limit(PAGE + 1)
    if kind:
        query = query.where(FraudSignal.kind == kind)
    if before is not None:
        query = query.where((at < before[0]) | ((at == before[0]) & (last < before[1])))
    rows = (await session.scalars(query)).all()
    lists = {row.id: json.loads(row.orders_json) for row in rows}
    wanted = {id_ for ids in lists.values() for id_ in ids}
    found = select(Order.id, Order.number, Order.status).where(Order.id.in_(wanted))
    orders = {one.id: AboutOrder(*one) for one in await session.execute(found)}
    return [
        ShownSignal(
            row.id, row.kind, row.subject, row.n, row.first_at, row.last_at,
            [orders[id_] for id_ in lists[row.id] if id_ in orders],
        )
        for row in rows
    ]  # fmt: skip


async def watched_domains(session: AsyncSession, actor: Actor) -> Sequence[WatchedDomain]:
    """Return the domains that administrators watch beside the known ones, by name.

    Raises:
        Forbidden: the actor is no administrator.
    """
    check_admin(actor)
    return (await session.scalars(select(WatchedDomain).order_by(WatchedDomain.domain))).all()


async def watch_domain(
    session: AsyncSession, services: Services, actor: Actor, domain: str, note: str = ""
) -> WatchedDomain:
    """Have addresses of a domain pointed out; the same again changes only the note.

    Raises:
        Forbidden: the actor is no administrator.
        BadInput: that is no domain, or the note is too long.
    """
    check_admin(actor)
    try:
        name = clean_domain(domain)
    except ValueError as error:
        message = _("Write a domain like example.org.")
        raise BadInput(message, errors=[{"field": "domain", "message": message}]) from error
    note = note.strip()
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise BadInput(_("A note has at most 200 letters."), errors=[{"field": "note"}])
    found = await session.get(WatchedDomain, name, with_for_update=True)
    if found is None:
        given = {"added_by": actor.id, "added_at": services.clock()}
        found = WatchedDomain(domain=name, note=note, **given)
        session.add(found)
    elif found.note == note:
        return found
    found.note = note
    await session.flush()
    await record(session, actor, "domain.watch", "domain", name)
    return found


async def forget_domain(session: AsyncSession, actor: Actor, domain: str) -> None:
    """Watch a domain no longer; one that is not watched changes nothing.

    Raises:
        Forbidden: the actor is no administrator.
    """
    check_admin(actor)
    found = await session.get(WatchedDomain, domain) if domain.isprintable() else None
    if found is None:
        return
    await session.delete(found)
    await session.flush()
    await record(session, actor, "domain.forget", "domain", found.domain)


def known_domains() -> tuple[str, ...]:
    """Return the domains that are watched always."""
    return THROWN_AWAY
