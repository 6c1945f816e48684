"""The one place where a pre-order gets another status: checked, audited, told, stock given back."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record, record_all
from handstamp.clubs import supply
from handstamp.clubs.models import ClubEvent
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.preorders import rules
from handstamp.preorders.models import PreOrder

_log = structlog.get_logger("handstamp.preorders")


class WrongMove(Exception):
    """A pre-order was to get a status that cannot follow the one it has."""


def member_topic(user_id: str) -> str:
    """Return the signal by which a member's pages hear of their pre-orders."""
    return f"member:{user_id}"


def event_topic(event_id: str) -> str:
    """Return the signal by which an organizer's pages hear of an event's pre-orders."""
    return f"preorders:{event_id}"


async def change_status(
    session: AsyncSession,
    services: Services,
    preorder: PreOrder,
    wanted: str,
    *,
    actor: Actor = SYSTEM,
    **meta: Any,
) -> None:
    """Give a pre-order its next status. The caller has locked it and flushes its own values.

    Stock that was set aside stays with it; see `let_go`.

    Raises:
        WrongMove: that status cannot follow.
    """
    was = preorder.status
    if not rules.may_become(was, wanted):
        raise WrongMove(f"{was} -> {wanted}")
    now = services.clock()
    preorder.status, preorder.updated_at = wanted, now
    if wanted in rules.CLOSED:
        preorder.closed_at = now
    await record(
        session,
        actor,
        f"preorder.{wanted}",
        "preorder",
        preorder.id,
        organizer_id=preorder.organizer_id,
        meta={"event": preorder.event_id, "club": preorder.club_id, "was": was, **meta},
    )
    tell(session, services, preorder)
    _log.info("preorder_moved", preorder=preorder.id, was=was, now=wanted)


async def change_many(
    session: AsyncSession,
    services: Services,
    preorders: Sequence[PreOrder],
    wanted: str,
    values: Mapping[str, Mapping[str, Any]],
) -> None:
    """Do what `change_status` does for many, and store further values of each, in few statements.

    `wanted`: a status that is open still. `values`: what else is stored and told in the log, by
    the pre-order's id; the same names for each. The rows in the session are not what is stored
    afterwards.

    Raises:
        WrongMove: that status cannot follow the one of some.
    """
    now, metas, rows = services.clock(), {}, []
    for preorder in preorders:
        if not rules.may_become(preorder.status, wanted):
            raise WrongMove(f"{preorder.status} -> {wanted}")
        about = {"event": preorder.event_id, "club": preorder.club_id, "was": preorder.status}
        metas[preorder.id] = {**about, **values[preorder.id]}
        changed = {"status": wanted, "updated_at": now, **values[preorder.id]}
        rows.append({"key": preorder.id, **changed})
        tell(session, services, preorder)
    if not rows:
        return
    await session.flush()
    names: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "key"}
    statement = update(PreOrder).where(PreOrder.id == bindparam("key")).values(names)
    connection = await session.connection()
    await connection.execute(statement, rows)
    organizers = [preorder.organizer_id for preorder in preorders]
    await record_all(
        session, SYSTEM, f"preorder.{wanted}", "preorder", metas, organizer_ids=organizers
    )
    _log.info("preorders_moved", number=len(rows), now=wanted)


async def let_go(
    session: AsyncSession,
    services: Services,
    terms: ClubEvent,
    preorder: PreOrder,
    wanted: str,
    *,
    actor: Actor = SYSTEM,
    **meta: Any,
) -> None:
    """Do what `change_status` does, and give back the stock that was set aside."""
    await change_status(session, services, preorder, wanted, actor=actor, **meta)
    await give_back(session, terms, preorder)


async def give_back(session: AsyncSession, terms: ClubEvent, preorder: PreOrder) -> None:
    """Give back the stock that is set aside for a pre-order, if any is."""
    if preorder.reserved:
        preorder.reserved = False
        await supply.release(session, terms, preorder.tier_id)


def tell(session: AsyncSession, services: Services, preorder: PreOrder) -> None:
    """Tell the open pages of its member and of its organizer, once the transaction is committed."""
    topics = session.info.setdefault("preorders", set())
    if not topics:
        after_commit(session, lambda: _publish(services, topics))
    topics.update({member_topic(preorder.user_id), event_topic(preorder.event_id)})


def _publish(services: Services, topics: set[str]) -> None:
    for topic in sorted(topics):
        services.signals.publish(topic)
    topics.clear()
