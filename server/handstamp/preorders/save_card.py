"""A card for later: asked for on a page of Stripe's, kept, and put to the pre-order it is for.

The page's return and its webhook race; both look the page up and apply what they see, once.
"""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs.find_clubs import club_event, living_club, member_of
from handstamp.clubs.rules import Window, window_of
from handstamp.kit.ids import new_id
from handstamp.payments.facts import NewSetup, SetupFacts
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayError, GatewayRefused
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.preorders import preorder_mails, rules, store
from handstamp.preorders.change_status import change_status, tell
from handstamp.preorders.models import PreOrder, SavedCard
from handstamp.preorders.refusals import no_answer
from handstamp.preorders.told import page_of

PREORDER_MARK = "preorder_id"  # in the metadata of whatever Stripe keeps for a pre-order
_log = structlog.get_logger("handstamp.preorders")


async def ask_for_card(services: Services, preorder_id: str) -> str:
    """Open a page of Stripe's that takes a card, and return its address.

    The caller has made sure that the pre-order may have another card.

    Raises:
        Conflict: Stripe refused to open one.
        SwitchedOff: it does not answer; asking again is safe.
    """
    async with services.db.write(actor="preorders") as session:
        preorder = await _locked(session, preorder_id)
        preorder.setup_attempt += 1
        attempt = preorder.setup_attempt
    try:
        customer = await _customer(services, preorder)
        key = f"preorder:{preorder_id}:setup:{attempt}"
        wanted = _wanted(services.settings, preorder, customer)
        facts = await gateway(services).create_setup_checkout(wanted, key=key)
    except GatewayRefused as error:
        _log.warning("setup_refused", preorder=preorder_id, code=error.code)
        raise Conflict(
            _("The payment service refused to take a card. Nothing was charged."),
            code="payment_refused",
        ) from error
    except GatewayError as error:
        raise no_answer() from error
    async with services.db.write(actor="preorders") as session:
        values = {"setup_session_id": facts.session_id, "customer_id": customer}
        await store.change(session, preorder_id, values, PreOrder.setup_attempt == attempt)
    return facts.url


async def settle_card(services: Services, preorder_id: str) -> str:
    """Look up the page on which a card was last asked for and apply it; return the status.

    For the page that a member comes back to.

    Raises:
        GatewayError: Stripe did not say; everything stays as it was.
    """
    async with services.db.read() as session:
        preorder = await store.preorder(session, preorder_id)
    if preorder is None:
        return ""
    if preorder.setup_session_id is None or preorder.status not in rules.CHANGEABLE:
        return preorder.status
    return await settle_setup(services, preorder.setup_session_id, preorder.account)


async def settle_setup(services: Services, setup_id: str, account: str) -> str:
    """Apply a Checkout Session or SetupIntent of an account; return the pre-order's status.

    One that belongs to no pre-order of that account changes nothing. Safe to repeat.

    Raises:
        GatewayError: Stripe did not say; everything stays as it was.
    """
    facts = await gateway(services).retrieve_setup(setup_id, account=account)
    async with services.db.write(actor="preorders") as session:
        preorder = await store.preorder(session, facts.metadata.get(PREORDER_MARK, ""), lock=True)
        if preorder is None or preorder.account != account:
            _log.warning("setup_of_no_preorder", account=account)
            return ""
        await _apply(session, services, preorder, facts)
        return preorder.status


async def use_card(
    session: AsyncSession,
    services: Services,
    preorder: PreOrder,
    card_id: str,
    *,
    actor: Actor,
) -> None:
    """Put a saved card to a pre-order; a draft becomes pending.

    The caller has locked the pre-order and checked that it may be changed.

    Raises:
        NotFound: it is not the person's, or of another account.
    """
    card = await store.card(session, card_id, preorder.user_id)
    if card is None or card.removed_at is not None or card.account != preorder.account:
        raise NotFound(_("There is no such saved card."))
    await _put(session, services, preorder, card, actor=actor)


async def _apply(
    session: AsyncSession, services: Services, preorder: PreOrder, facts: SetupFacts
) -> None:
    if facts.status != "complete" or not facts.payment_method_id:
        return
    card = await store.keep_card(session, _card(services, preorder, facts))
    if preorder.payment_method_id == card.payment_method_id or card.removed_at is not None:
        return
    is_current = facts.session_id in ("", preorder.setup_session_id) or not preorder.card_last4
    if preorder.status not in rules.CHANGEABLE or not is_current:
        return
    reason = await _why_not(session, services, preorder)
    if not reason:
        preorder.setup_intent_id = facts.setup_intent_id or None
        await _put(session, services, preorder, card, actor=SYSTEM)
    elif preorder.status == "draft":
        preorder.failure_code = reason
        await change_status(session, services, preorder, "cancelled", reason=reason)
        _log.info("card_came_too_late", preorder=preorder.id, reason=reason)


async def _why_not(session: AsyncSession, services: Services, preorder: PreOrder) -> str:
    """Say in a word why a card that comes now finishes nothing; '' when it does."""
    club = await living_club(session, preorder.club_id)
    terms = await club_event(session, preorder.club_id, preorder.event_id)
    if club is None or terms.withdrawn_at is not None:
        return "withdrawn"
    if await member_of(session, club.id, preorder.user_id) is None:
        return "not_a_member"
    window: Window = window_of(preorder.week, club.time_zone)
    return "" if rules.card_in_time(window, services.clock()) else "too_late"


async def _put(
    session: AsyncSession,
    services: Services,
    preorder: PreOrder,
    card: SavedCard,
    *,
    actor: Actor,
) -> None:
    preorder.customer_id = card.customer_id
    preorder.payment_method_id = card.payment_method_id
    preorder.card_brand, preorder.card_last4 = card.brand, card.last4
    preorder.updated_at = services.clock()
    if preorder.status == "draft":
        preorder.confirmed_at = services.clock()
        await change_status(session, services, preorder, "pending", actor=actor)
        await session.flush()
        await preorder_mails.queue_placed(session, preorder)
        return
    await session.flush()
    tell(session, services, preorder)
    await record(
        session,
        actor,
        "preorder.card",
        "preorder",
        preorder.id,
        organizer_id=preorder.organizer_id,
    )


async def _customer(services: Services, preorder: PreOrder) -> str:
    """Return who the member is at Stripe, kept once for each account.

    The key is of this attempt: Stripe repeats an error of its own under a key for a day, and a
    customer too many does no harm.
    """
    user, account = preorder.user_id, preorder.account
    async with services.db.read() as session:
        known = await store.customer(session, user, account)
    if known:
        return known
    made = await gateway(services).create_customer(
        account=account,
        email=preorder.email,
        name="",
        key=f"preorder:{preorder.id}:customer:{preorder.setup_attempt}",
        metadata={"user_id": user},
    )
    async with services.db.write(actor="preorders") as session:
        return await store.keep_customer(session, user, account, made, services.clock())


async def _locked(session: AsyncSession, preorder_id: str) -> PreOrder:
    preorder = await store.preorder(session, preorder_id, lock=True)
    if preorder is None:
        raise NotFound(_("There is no such pre-order of yours."))
    return preorder


def _wanted(settings: Settings, preorder: PreOrder, customer: str) -> NewSetup:
    page = page_of(settings, preorder.id)
    return NewSetup(
        account=preorder.account,
        customer_id=customer,
        currency=preorder.currency,
        success_url=page,
        cancel_url=page,
        metadata={PREORDER_MARK: preorder.id, "preorder_number": preorder.number},
        locale=preorder.language,
    )


def _card(services: Services, preorder: PreOrder, facts: SetupFacts) -> dict[str, object]:
    return {
        "id": new_id("card"),
        "user_id": preorder.user_id,
        "account": preorder.account,
        "customer_id": facts.customer_id or preorder.customer_id,
        "payment_method_id": facts.payment_method_id,
        "brand": facts.brand,
        "last4": facts.last4,
        "expires": facts.expires,
        "created_at": services.clock(),
    }
