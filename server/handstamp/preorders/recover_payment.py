"""A payment that the bank wants confirmed: where the member does so, and its end at the deadline.

It is the payment that was tried already, so however often it is confirmed it is paid once.
"""

import structlog

from handstamp.payments.facts import PaymentFacts
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayError, GatewayRefused
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders import store
from handstamp.preorders.change_preorder import own_preorder
from handstamp.preorders.models import PreOrder
from handstamp.preorders.outcome import RECOVERY_JOB, settle_charge, settle_payment
from handstamp.preorders.refusals import no_answer
from handstamp.preorders.told import page_of

_log = structlog.get_logger("handstamp.preorders")

__all__ = ["RECOVERY_JOB", "end_recovery", "link_to_confirm", "settle_recovery"]


async def link_to_confirm(services: Services, actor: Actor, preorder_id: str) -> str:
    """Return where the member confirms the payment: their bank's page, or ours if that is done.

    Opens transactions of its own; the same again is safe.

    Raises:
        NotFound: it is not the actor's.
        Conflict: there is nothing to confirm, or no more time.
        SwitchedOff: the payment service does not answer.
    """
    async with services.db.read() as session:
        preorder = await own_preorder(session, actor, preorder_id)
    _check(services, preorder)
    try:
        facts = await _asked(services, preorder)
    except GatewayRefused as error:
        _log.warning("confirm_refused", preorder=preorder.id, code=error.code)
        raise Conflict(_("This payment can no longer be confirmed."), code="too_late") from error
    except GatewayError as error:
        raise no_answer() from error
    if facts.status == "requires_action" and facts.next_url:
        return facts.next_url
    async with services.db.write(actor="preorders") as session:
        await settle_charge(session, services, preorder.id, facts)
    return page_of(services.settings, preorder.id)


async def settle_recovery(services: Services, preorder_id: str) -> str:
    """Look the payment of a pre-order that waits for its member up; return the status afterwards.

    For the page that the member comes back to.

    Raises:
        GatewayError: Stripe did not say; everything stays as it was.
    """
    async with services.db.read() as session:
        preorder = await store.preorder(session, preorder_id)
    if preorder is None:
        return ""
    if preorder.status != "needs_action" or not preorder.payment_intent_id:
        return preorder.status
    return await settle_payment(services, preorder.payment_intent_id, preorder.account)


async def end_recovery(ctx: JobContext) -> None:
    """Cancel a payment that was not confirmed in time; confirmed meanwhile, it counts.

    Raises:
        GatewayError: Stripe did not say; try again.
    """
    services = ctx.services
    async with services.db.read() as session:
        preorder = await store.preorder(session, str(ctx.args["preorder"]))
    waits = preorder is not None and preorder.status == "needs_action"
    facts = None
    if preorder is not None and waits and services.clock() >= int(ctx.args["at"]):
        assert preorder.payment_intent_id is not None
        facts = await gateway(services).cancel_payment(
            preorder.payment_intent_id, account=preorder.account
        )
    async with ctx.write() as session:
        if preorder is not None and facts is not None:
            await settle_charge(session, services, preorder.id, facts)
        await ctx.acknowledge(session)


async def _asked(services: Services, preorder: PreOrder) -> PaymentFacts:
    assert preorder.payment_intent_id is not None
    stripe = gateway(services)
    facts = await stripe.retrieve_payment(preorder.payment_intent_id, account=preorder.account)
    if facts.status != "requires_payment_method":
        return facts
    return await stripe.confirm_payment(
        facts.id,
        account=preorder.account,
        payment_method_id=preorder.payment_method_id,
        return_url=page_of(services.settings, preorder.id),
    )


def _check(services: Services, preorder: PreOrder) -> None:
    if preorder.status != "needs_action" or not preorder.payment_intent_id:
        raise Conflict(_("This payment needs no confirmation."), code="nothing_to_confirm")
    if services.clock() >= (preorder.needs_action_until or 0):
        raise Conflict(_("This payment can no longer be confirmed."), code="too_late")
