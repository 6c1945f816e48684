"""The scheduled job that looks at the purchases of the last day and writes down what is odd.

It runs beside the sale, never in it: no purchase waits for it, and none is refused by it.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.fraud.models import FraudSignal, WatchedDomain
from handstamp.fraud.rules import WINDOW, Seen, Signal, find_signals
from handstamp.kit.clock import DAY, MINUTE, SECOND, Millis
from handstamp.kit.ids import new_id
from handstamp.kit.signing import derive, keyed_hash
from handstamp.orders.models import Order
from handstamp.orders.rules import PLACED
from handstamp.payments.models import Payment
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.metrics import FRAUD_SIGNALS
from handstamp.plumbing.web import Services

JOB = "fraud.look"
EVERY: Millis = 5 * MINUTE
KEEP: Millis = 30 * DAY
MOST = 20_000  # orders looked at, the latest
_log = structlog.get_logger("handstamp.fraud")


async def look_for_signals(ctx: JobContext) -> None:
    """Run the job."""
    await look_now(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def look_now(services: Services) -> list[Signal]:
    """Write down what is odd about the last day's orders, and forget what is old."""
    now = services.clock()
    async with services.db.read() as session:
        orders = await _orders(session, services.settings, now)
        watched = set(await session.scalars(select(WatchedDomain.domain)))
    found = find_signals(orders, now, watched)
    async with services.db.write(actor="fraud") as session:
        for signal in found:
            await _keep(session, signal, now)
        old = delete(FraudSignal).where(FraudSignal.last_at < now - KEEP)
        await session.execute(old.execution_options(synchronize_session=False))
    return found


def email_subject(settings: Settings, email: str) -> str:
    """Return what an address is known by here; no address is stored."""
    key = derive(settings.secret_bytes(), "fraud signals")
    return keyed_hash(key, email.lower())[:32]


async def _orders(session: AsyncSession, settings: Settings, now: Millis) -> list[Seen]:
    query = (
        select(
            Order.id, Order.created_at, Order.network, Order.email, Order.status,
            Order.payment_error, Order.checkout_attempt, Payment.card,
        )
        .outerjoin(Payment, (Payment.subject_id == Order.id) & (Payment.subject_kind == "order"))
        .where(Order.created_at > now - WINDOW)
        .order_by(Order.created_at.desc(), Order.id.desc())
        .limit(MOST)
    )  # fmt: skip
    seen: dict[str, Seen] = {}
    for id_, at, network, email, status, error, attempts, card in await session.execute(query):
        if id_ in seen and not card:
            continue
        seen[id_] = Seen(
            id=id_,
            at=at,
            network=network,
            email=email_subject(settings, email) if email else "",
            domain=email.rpartition("@")[2],
            placed=status in PLACED,
            declined=bool(error) and status not in PLACED,
            attempts=attempts,
            card=keyed_hash(derive(settings.secret_bytes(), "cards"), card)[:32] if card else "",
        )
    return list(seen.values())


async def _keep(session: AsyncSession, signal: Signal, now: Millis) -> None:
    day = datetime.fromtimestamp(now // SECOND, UTC).date().isoformat()
    where = (
        FraudSignal.kind == signal.kind,
        FraudSignal.subject == signal.subject,
        FraudSignal.day == day,
    )
    known = await session.scalar(select(FraudSignal).where(*where).with_for_update())
    if known is None:
        known = FraudSignal(
            id=new_id("sig"),
            kind=signal.kind,
            subject=signal.subject,
            day=day,
            n=0,
            first_at=now,
        )
        session.add(known)
        after_commit(session, lambda: _tell(signal))
    if set(signal.orders) - set(json.loads(known.orders_json or "[]")) or signal.n > known.n:
        known.last_at, known.orders_json = now, json.dumps(signal.orders)
    known.n = max(known.n, signal.n)
    await session.flush()


def _tell(signal: Signal) -> None:
    FRAUD_SIGNALS.labels(kind=signal.kind).inc()
    _log.info("fraud_signal", sign=signal.kind, counted=signal.n, orders=_some(signal.orders))


def _some(orders: Sequence[str]) -> list[str]:
    return list(orders[:5])
