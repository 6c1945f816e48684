"""What follows for an order from its refunds: its status, its tickets, its buyer's mail."""

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.orders.note_refunded import note_refunded
from handstamp.orders.order_mails import queue_refunded
from handstamp.plumbing.web import Services
from handstamp.refunds import store
from handstamp.refunds.models import Refund
from handstamp.refunds.parts import lines_of, tickets_of
from handstamp.refunds.rules import GIVING, LIVE, Line, blocks_tickets, covered
from handstamp.refunds.step import Step, given
from handstamp.refunds.store import PaidOrder
from handstamp.refunds.void_tickets import (
    Named,
    others_chose,
    restore_voided,
    standing_lines,
    turn,
    void_lines,
    void_some,
)
from handstamp.tickets.rules import TAKING


async def follow(session: AsyncSession, services: Services, paid: PaidOrder, step: Step) -> None:
    """Bring an order in line with a refund that has moved on."""
    if step.bought or paid.order.status == "late_refunded":
        await note_refunded(session, services, paid.order, given(step.rows))
    if step.is_back:
        await _restore(session, services, paid, step.refund, step.rows)
    elif step.is_new and step.bought:
        await _void(session, services, paid, step.refund, step.rows)
        await queue_refunded(session, paid.order, step.refund.amount)


async def _void(
    session: AsyncSession,
    services: Services,
    paid: PaidOrder,
    refund: Refund,
    rows: Sequence[Refund],
) -> None:
    """Void the lines that this refund pays back whole, alone or with those not told apart yet."""
    loose = [row for row in rows if row.status in GIVING and row.voided_at is None]
    unassigned = [row for row in loose if not row.lines_json]
    live = [row for row in rows if row.status in LIVE]
    lines = await standing_lines(session, paid.order, live)
    if given(rows) >= paid.payment.amount:
        chosen, by = frozenset(line.id for line in lines), loose
        if loose == unassigned and given(loose) == sum(line.total for line in lines):
            _assign(loose, lines)
    elif refund.lines_json:
        await _void_some(session, services, paid, refund, rows)
        return
    else:
        chosen, by = covered(lines, refund.amount), [refund]
        if not chosen:
            chosen, by = covered(lines, given(unassigned)), unassigned
        _assign(by, [line for line in lines if line.id in chosen])
    if chosen:
        voided_at = await void_lines(session, services, paid.order, chosen, after=_last(rows))
        for row in by:
            row.voided_at = voided_at
        await session.flush()


async def _void_some(
    session: AsyncSession,
    services: Services,
    paid: PaidOrder,
    refund: Refund,
    rows: Sequence[Refund],
) -> None:
    """Void the tickets that a refund was asked for; an amount was asked for without any."""
    if wants := lines_of(refund):
        live = [row for row in rows if row.status in LIVE and row is not refund]
        refund.voided_at = await void_some(
            session, services, paid.order, wants,
            named=Named(tickets_of(refund), others_chose(live)), after=_last(rows),
        )  # fmt: skip
        await session.flush()


def _last(rows: Sequence[Refund]) -> Millis:
    """Return when tickets were last voided for one of these: each time is a moment of its own."""
    return max((row.voided_at for row in rows if row.voided_at is not None), default=0)


def _assign(refunds: Sequence[Refund], lines: Sequence[Line]) -> None:
    """Keep for which tickets money was, now that it is known; the first refund stands for all."""
    if not lines:
        return
    for place, refund in enumerate(refunds):
        taken = [] if place else lines
        refund.lines_json = json.dumps({line.id: line.qty for line in taken})


async def _restore(
    session: AsyncSession,
    services: Services,
    paid: PaidOrder,
    refund: Refund,
    rows: Sequence[Refund],
) -> None:
    """Give back the tickets of a refund that failed, and void anew for those that stand.

    Those that were voided only because everything was given back come back, too: it no longer is.
    """
    if refund.voided_at is None:
        return
    moments = {refund.voided_at} | _by_the_whole(rows)
    if not await restore_voided(session, services, paid.order, moments):
        return
    together = [row for row in rows if row.voided_at in moments]
    for row in together:
        row.voided_at = None
        if row.origin == "stripe":
            row.lines_json = ""  # nobody had said so: it was worked out from their sum
    await session.flush()
    for row in together:
        if row.status in GIVING:
            await _void(session, services, paid, row, rows)
    await _stop(session, services, paid)


def _by_the_whole(rows: Sequence[Refund]) -> set[Millis]:
    """Return when tickets were voided by refunds of which none is known to be for them."""
    named = {row.voided_at for row in rows if lines_of(row)}
    return {
        row.voided_at
        for row in rows
        if row.status in GIVING and row.voided_at is not None and row.voided_at not in named
    }


async def _stop(session: AsyncSession, services: Services, paid: PaidOrder) -> None:
    """Have tickets that came back open no door while a bank asks for the rest, or has got it."""
    disputes = await store.disputes_of_payment(session, paid.payment.id)
    if any(dispute.outcome == "lost" for dispute in disputes):
        await turn(session, services, paid.order, TAKING, "cancelled")
    elif any(blocks_tickets(dispute.status) for dispute in disputes):
        await turn(session, services, paid.order, ["valid"], "disputed")
