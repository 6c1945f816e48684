"""Holds whose time is over: closed by a job at that moment, and by a sweep each minute.

Stock comes back only when it is certain that nobody can pay any more. While Stripe does not
answer a hold stays, and the sweep asks again each minute for as long as it takes.
"""

import structlog

from handstamp.kit.clock import Millis
from handstamp.orders import rules, store
from handstamp.orders.fulfil_order import WrongPayment
from handstamp.orders.settle_order import EXPIRE_JOB, settle_order
from handstamp.payments.gateway_errors import GatewayError, GatewayRefused, NotConfigured
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import Services

SWEEP_JOB = "orders.sweep"
FORGET_JOB = "orders.forget"
SWEEP_AT_ONCE = 500
MOST_UNANSWERED = 3
_log = structlog.get_logger("handstamp.orders")

__all__ = ["EXPIRE_JOB", "FORGET_JOB", "SWEEP_JOB", "expire_order", "forget_buyers", "sweep_orders"]


async def expire_order(ctx: JobContext) -> None:
    """Close one hold at its time; what cannot be closed now is left to the sweep."""
    try:
        await settle_order(ctx.services, str(ctx.args["order"]))
    except (GatewayError, NotConfigured) as error:
        _log.warning("order_not_settled", order=ctx.args["order"], code=error.code)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def sweep_orders(ctx: JobContext) -> None:
    """Close every hold whose time is over."""
    await sweep(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def sweep(services: Services) -> int:
    """Close holds whose time is over until Stripe stops answering; return how many closed.

    One that Stripe refuses to tell about, or whose payment is wrong, keeps no other waiting.
    """
    closed = unanswered = 0
    for order_id in await _due(services):
        try:
            closed += await settle_order(services, order_id) != "pending"
        except (GatewayRefused, WrongPayment):
            _log.error("order_cannot_be_settled", order=order_id)
        except (GatewayError, NotConfigured) as error:
            unanswered += 1
            _log.warning("order_not_settled", order=order_id, code=error.code)
            if unanswered >= MOST_UNANSWERED:
                break
    return closed


async def forget_buyers(ctx: JobContext) -> None:
    """Empty the personal data of orders that were given up a month ago."""
    await forget(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def forget(services: Services) -> int:
    """Empty what is old, piece by piece; return how many orders that were."""
    before: Millis = services.clock() - rules.KEEP_ABANDONED
    gone = 0
    while True:
        async with services.db.write(actor="orders") as session:
            piece = await store.abandoned(session, before)
            if not piece:
                return gone
            await store.forget(session, piece)
        gone += len(piece)


async def _due(services: Services) -> list[str]:
    async with services.db.read() as session:
        return list(await store.due(session, services.clock(), SWEEP_AT_ONCE))
