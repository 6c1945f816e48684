"""A member's saved cards: seen, and removed here and at Stripe."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayRefused
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders import rules, store
from handstamp.preorders.models import PreOrder, SavedCard

DETACH_JOB = "preorders.detach_card"
HOLD_A_CARD = (*rules.UNCHARGED, "charging", "needs_action")


async def cards_of(
    session: AsyncSession, actor: Actor, account: str | None = None
) -> Sequence[SavedCard]:
    """Return the actor's cards, the newest first; those of one account if asked ('' = platform)."""
    return await store.cards(session, actor.id, account)


async def remove_card(
    session: AsyncSession, services: Services, actor: Actor, card_id: str
) -> None:
    """Forget a card here, and by a job at Stripe; the same again changes nothing.

    Raises:
        NotFound: it is not the actor's.
        Conflict: a pre-order that is not settled yet would be charged to it.
    """
    card = await store.card(session, card_id, actor.id)
    if card is None:
        raise NotFound(_("There is no such saved card."))
    if card.removed_at is not None:
        return
    used = (
        PreOrder.user_id == actor.id,
        PreOrder.payment_method_id == card.payment_method_id,
        PreOrder.status.in_(HOLD_A_CARD),
    )
    if await store.ids(session, *used, limit=1):
        raise Conflict(
            _("A pre-order needs this card. Give it another card or cancel it first."),
            code="card_in_use",
        )
    card.removed_at = services.clock()
    await session.flush()
    await enqueue(session, DETACH_JOB, {"card": card.id}, dedupe=f"detach:{card.id}")
    await record(session, actor, "card.remove", "card", card.id)


async def detach_card(ctx: JobContext) -> None:
    """Have Stripe forget a removed card."""
    async with ctx.services.db.read() as session:
        card = await session.get(SavedCard, str(ctx.args["card"]))
    if card is not None and card.removed_at is not None:
        with suppress(GatewayRefused):  # it is attached no longer, or its account is gone
            await gateway(ctx.services).detach_payment_method(
                card.payment_method_id, account=card.account
            )
    async with ctx.write() as session:
        await ctx.acknowledge(session)
