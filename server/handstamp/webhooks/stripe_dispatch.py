"""Works off stored events: one table from type to use case.

An event is a hint. Each use case asks Stripe how things stand now, so events may come late,
twice and in any order.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from handstamp.orders.settle_order import settle_order, settle_session
from handstamp.payments.checkout_request import ORDER_MARK
from handstamp.payments.gateway_errors import GatewayRefused
from handstamp.payments.record_fee import record_fee
from handstamp.payments.record_payout import record_payout
from handstamp.payments.refresh_account import refresh_account
from handstamp.plumbing.db import now
from handstamp.plumbing.jobs import GiveUp, JobContext, where
from handstamp.plumbing.metrics import WEBHOOKS
from handstamp.plumbing.web import Services
from handstamp.preorders.outcome import settle_payment
from handstamp.preorders.save_card import PREORDER_MARK, settle_setup
from handstamp.refunds.record_dispute import record_dispute
from handstamp.refunds.record_refunds import record_refunds
from handstamp.webhooks import event_types as types
from handstamp.webhooks import store
from handstamp.webhooks.event_types import counted_as
from handstamp.webhooks.models import StripeEvent


@dataclass(frozen=True)
class Hint:
    """What a use case may take from an event: where, and which object; the rest it looks up."""

    account: str
    object_id: str
    found: dict[str, Any]

    def text(self, name: str) -> str:
        """Return a text member of the object, '' when it has none."""
        value = self.found.get(name)
        return value if isinstance(value, str) else ""

    def mark(self, name: str) -> str:
        """Return one of the object's metadata, '' when it has none."""
        marks = self.found.get("metadata")
        value = marks.get(name) if isinstance(marks, dict) else None
        return value if isinstance(value, str) else ""


Use = Callable[[Services, Hint], Awaitable[None]]


async def _session(services: Services, hint: Hint) -> None:
    if hint.mark(PREORDER_MARK):
        await settle_setup(services, hint.object_id, hint.account)
    else:
        await settle_session(services, hint.object_id, hint.account)


async def _setup(services: Services, hint: Hint) -> None:
    if hint.mark(PREORDER_MARK):
        await settle_setup(services, hint.object_id, hint.account)


async def _payment(services: Services, hint: Hint) -> None:
    if hint.mark(PREORDER_MARK):
        await settle_payment(services, hint.object_id, hint.account)
    else:
        await settle_order(services, hint.mark(ORDER_MARK))


async def _account(services: Services, hint: Hint) -> None:
    if hint.account:  # else it is the platform's own
        await refresh_account(services, hint.account)


async def _payout(services: Services, hint: Hint) -> None:
    await record_payout(services, hint.account, hint.object_id)


async def _fee(services: Services, hint: Hint) -> None:
    await record_fee(services, hint.account, hint.object_id)


async def _refund(services: Services, hint: Hint) -> None:
    charge = hint.text("charge") or hint.object_id  # a refund names its charge
    await record_refunds(services, hint.account, charge, hint.text("payment_intent"))


async def _dispute(services: Services, hint: Hint) -> None:
    await record_dispute(services, hint.account, hint.object_id)


USES: dict[str, Use] = {
    **dict.fromkeys(types.SESSIONS, _session),
    **dict.fromkeys(types.PAYMENTS, _payment),
    **dict.fromkeys(types.SETUPS, _setup),
    **dict.fromkeys((*types.REFUNDS, "charge.refunded"), _refund),
    **dict.fromkeys(types.DISPUTES, _dispute),
    **dict.fromkeys(types.ACCOUNTS, _account),
    **dict.fromkeys(types.PAYOUTS, _payout),
    "charge.updated": _fee,
}


async def dispatch(ctx: JobContext) -> None:
    """Run the use case of one stored event, and note how it ended."""
    event_id = str(ctx.args["event"])
    async with ctx.services.db.read() as session:
        event = await store.event(session, event_id)
    if event is None or event.status in store.ENDED:
        await _end(ctx, event_id, {})
        return
    use = USES.get(event.type)
    if use is not None:
        await _run(ctx, event, use)
    status = "ignored" if use is None else "done"
    await _end(ctx, event_id, {"status": status, "error": ""})
    WEBHOOKS.labels(type=counted_as(event.type), outcome=status).inc()


async def _run(ctx: JobContext, event: StripeEvent, use: Use) -> None:
    try:
        await use(ctx.services, _hint(event))
    except GatewayRefused as error:
        # Stripe will say the same next time, for example of an account that left.
        reason = f"Stripe refused: {error}"
        await _bury(ctx, event, reason)
        raise GiveUp(reason) from error
    except Exception as error:
        if ctx.is_last_attempt:
            await _bury(ctx, event, where(error))
        raise


async def _bury(ctx: JobContext, event: StripeEvent, reason: str) -> None:
    async with ctx.write() as session:
        values = {"status": "dead", "error": reason, "attempts": ctx.job.attempt}
        await store.change_event(session, event.id, values)
    WEBHOOKS.labels(type=counted_as(event.type), outcome="dead").inc()


async def _end(ctx: JobContext, event_id: str, values: dict[str, Any]) -> None:
    async with ctx.write() as session:
        if values:
            noted = {**values, "attempts": ctx.job.attempt, "processed_at": now(session)}
            await store.change_event(session, event_id, noted)
        await ctx.acknowledge(session)


def _hint(event: StripeEvent) -> Hint:
    data = json.loads(event.payload).get("data")
    found = data.get("object") if isinstance(data, dict) else None
    return Hint(event.account, event.object_id, found if isinstance(found, dict) else {})
