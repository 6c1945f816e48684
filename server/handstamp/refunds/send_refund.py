"""The job that makes a refund at Stripe: look, call with the refund's id as the key, apply.

No transaction is open during the calls. An outcome that is not known is looked up by the id that
travels in the refund's metadata, never sent under another key; only a fault that Stripe keeps
under the key, of a refund that it does not show, is answered with the next key.
"""

from collections.abc import Sequence
from typing import NamedTuple

from handstamp.kit.clock import SECOND
from handstamp.payments.facts import RefundFacts
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayBroken, GatewayRefused
from handstamp.payments.models import Payment
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.refunds import store
from handstamp.refunds.apply_refunds import OURS, apply, refuse
from handstamp.refunds.models import Refund
from handstamp.refunds.rules import may_wait

SEND_JOB = "refund.send"
MOST_KEYS = 12


class _Outcome(NamedTuple):
    """The charge's refunds at Stripe, and why it refused ours ('' = it did not)."""

    found: Sequence[RefundFacts] = ()
    refused: str = ""


async def send_refund(ctx: JobContext) -> None:
    """Send the refund `refund_id` unless Stripe knows it already, and apply what came of it.

    Raises:
        GatewayError: no answer, too many calls, or money that is not there yet: try again.
    """
    async with ctx.services.db.read() as session:
        refund = await store.refund(session, str(ctx.args["refund_id"]))
        payment = await store.payment(session, refund.payment_id) if refund else None
    if refund is None or payment is None or refund.status != "requested":
        async with ctx.write() as session:
            await ctx.acknowledge(session)
        return
    try:
        outcome = await _send(ctx, refund, payment)
    except GatewayBroken:
        if _keys_used(ctx) >= MOST_KEYS:
            raise
        await _go_on_with_the_next_key(ctx, refund)
        return
    async with ctx.write() as session:
        paid = await store.paid(session, payment)
        await apply(session, ctx.services, paid, outcome.found)
        now = await store.refund(session, refund.id)
        if outcome.refused and now is not None and now.status == "requested":
            await refuse(session, ctx.services, paid, now, outcome.refused)
        await ctx.acknowledge(session)


async def _send(ctx: JobContext, refund: Refund, payment: Payment) -> _Outcome:
    stripe = gateway(ctx.services)
    found = await stripe.list_refunds(payment.charge_id, account=refund.account)
    if _holds(found, refund):
        return _Outcome(found)
    try:
        made = await stripe.refund(
            payment_intent_id=payment.payment_intent_id,
            amount=refund.amount,
            account=refund.account,
            key=f"{refund.id}:{_keys_used(ctx)}" if _keys_used(ctx) else refund.id,
            metadata={OURS: refund.id, f"{payment.subject_kind}_id": payment.subject_id},
            reverse_transfer=refund.reverse_transfer,
            refund_application_fee=refund.refund_application_fee,
        )
    except GatewayRefused as error:
        if may_wait(error.code) and not ctx.is_last_attempt:
            raise
        found = await stripe.list_refunds(payment.charge_id, account=refund.account)
        return _Outcome(found, "" if _holds(found, refund) else error.code)
    return _Outcome([*found, made])


async def _go_on_with_the_next_key(ctx: JobContext, refund: Refund) -> None:
    """Queue the job anew, later each time; it looks before it calls."""
    used = _keys_used(ctx)
    async with ctx.write() as session:
        await enqueue(
            session,
            SEND_JOB,
            {"refund_id": refund.id, "keys_used": used + 1},
            key=ctx.job.key,
            run_at=ctx.services.clock() + SECOND * 2**used,
        )
        await ctx.acknowledge(session)


def _keys_used(ctx: JobContext) -> int:
    return int(ctx.args.get("keys_used", 0))


def _holds(found: Sequence[RefundFacts], refund: Refund) -> bool:
    return any(one.metadata.get(OURS) == refund.id for one in found)
