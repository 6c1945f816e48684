"""From a hold to the payment page: details kept, attempt stored, page opened, page stored.

The call to Stripe stands between two transactions. Whoever dies after the first leaves an
attempt that is taken up again under the same key; nothing is ever opened twice.
"""

import json
from dataclasses import dataclass, field

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import language_for
from handstamp.auth.rules import clean_email
from handstamp.clubs.find_clubs import may_buy
from handstamp.orders import rules, store
from handstamp.orders.checkout_page import account_of, open_page
from handstamp.orders.fulfil_order import fulfil
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.order_access import hash_of, secret_of
from handstamp.orders.refusals import not_a_member, refused
from handstamp.orders.settle_order import close_unwanted_page, no_answer, settle_order
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import (
    GatewayBroken,
    GatewayError,
    GatewayKeyUsed,
    GatewayRefused,
)
from handstamp.payments.payment_accounts import selling_account
from handstamp.plumbing.errors import BadInput, Conflict, Gone, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

ROUNDS = 4
LONGEST_LINE = 200
LONGEST_PHONE = 40
N_ = str  # marks text for the catalogues; it is translated where it is shown
CONSENT = N_("Tell me about other events of this organizer by e-mail.")
_log = structlog.get_logger("handstamp.orders")


@dataclass(frozen=True)
class BuyerDetails:
    """What a buyer types; `names` are holders by tier, in order, where a tier asks for them.

    `marketing` is the consent to other mails, `terms` to the conditions of sale.
    """

    email: str
    name: str
    phone: str = ""
    names: dict[str, list[str]] = field(default_factory=dict)
    marketing: bool = False
    terms: bool = False


@dataclass(frozen=True)
class StartedCheckout:
    """Where the buyer goes on: `url` of Stripe's page, or `client_secret` for a form in ours.

    `done`: nothing is left to pay, the order's page says the rest.
    """

    order_id: str
    url: str = ""
    client_secret: str = ""
    done: bool = False


@dataclass(frozen=True)
class _Open:
    """The page must be opened, for the order as it is stored; `again` under a key used before."""

    order: Order
    items: list[OrderItem]
    again: bool = False


@dataclass(frozen=True)
class _CloseFirst:
    """There is a page made of other details; it must be closed before a new one is opened."""

    order_id: str


async def start_checkout(
    services: Services, order_id: str, details: BuyerDetails
) -> StartedCheckout:
    """Keep a buyer's details and open the payment page of their pending order.

    The same details again lead to the same page. The caller has made sure whose order it is.

    Raises:
        NotFound: there is no such order.
        BadInput: details are missing; `errors` says which.
        Gone: the hold has ended.
        Conflict: the event was cancelled, the organizer cannot take payments, or Stripe refused to
            open a page.
        SwitchedOff: Stripe does not answer; the hold stays, and trying again is safe.
    """
    clean = _clean(details)
    for _round in range(ROUNDS):
        async with services.db.write(actor="orders") as session:
            plan = await _plan(session, services, order_id, clean)
        if isinstance(plan, StartedCheckout):
            return plan
        try:
            if isinstance(plan, _CloseFirst):
                await close_unwanted_page(services, plan.order_id)
                continue
            started = await _open(services, plan)
        except GatewayError as error:
            raise no_answer() from error
        if started is not None:
            return started
    raise Conflict(_("Your order was changed at the same time elsewhere. Try again."))


async def _plan(
    session: AsyncSession, services: Services, order_id: str, details: BuyerDetails
) -> StartedCheckout | _Open | _CloseFirst:
    order = await store.order(session, order_id, lock=True)
    if order is None:
        raise NotFound(_("There is no such order that you may see."))
    if order.status in rules.PLACED:
        return StartedCheckout(order.id, done=True)
    now = services.clock()
    if order.status != "pending" or rules.is_due(order.expires_at, now + rules.LAST_START):
        raise Gone(_("The time to pay has run out. Choose your tickets again."), code="timed_out")
    items = (await store.items(session, [order.id]))[order.id]
    if order.checkout_state == "complete":
        return StartedCheckout(order.id, done=True)
    event = await store.event(session, order.event_id)
    if event.status in ("cancelled", "hidden"):  # held at the moment when it went off sale
        raise refused([rules.NOT_ON_SALE])
    if not await may_buy(session, event, order.user_id):
        raise not_a_member()
    if order.checkout_state in ("starting", "open"):
        if not _is_same(order, details):
            return _CloseFirst(order.id)
        await _keep(session, services, order, items, details)
        return _Open(order, items, again=True)
    order.language = await language_for(session, order.organizer_id)
    await _keep(session, services, order, items, details)
    if order.total == 0:
        await fulfil(session, services, order, None)
        return StartedCheckout(order.id, done=True)
    account = await selling_account(session, order.organizer_id)
    order.account, order.charge_type = account.stripe_account_id, account.charge_type
    order.checkout_attempt += 1
    order.checkout_state = "starting"
    order.checkout_session_id, order.checkout_url = None, ""
    order.checkout_expires_at = rules.session_end(now, order.expires_at)
    await session.flush()
    return _Open(order, items)


async def _open(services: Services, plan: _Open) -> StartedCheckout | None:
    """Open the page and keep it; None when the order went on without it meanwhile."""
    order = plan.order
    if order.checkout_session_id and order.checkout_url:
        return StartedCheckout(order.id, url=order.checkout_url)
    try:
        facts = await open_page(services, order, plan.items)
    except GatewayBroken:
        await _note_refused(services, order)  # the next try has a key without that fault
        raise
    except GatewayKeyUsed:  # settings were changed since the first call: begin anew
        await close_unwanted_page(services, order.id)
        return None
    except GatewayRefused as error:
        await _note_refused(services, order)
        _log.warning("checkout_refused", order=order.id, code=error.code, again=plan.again)
        if plan.again:  # Stripe never saw the first call, and this page would end too soon now
            return None
        raise Conflict(
            _("The payment service refused to open a payment page. Your tickets stay held."),
            code="payment_refused",
        ) from error
    values = {
        "checkout_session_id": facts.id,
        "checkout_url": facts.url,
        "checkout_state": "open",
    }
    async with services.db.write(actor="orders") as session:
        kept = await store.change(
            session,
            order.id,
            values,
            Order.status == "pending",
            Order.checkout_attempt == order.checkout_attempt,
            Order.checkout_state.in_(("starting", "open")),
        )
    if not kept:
        await gateway(services).expire_checkout(facts.id, account=account_of(order))
        await settle_order(services, order.id)
        return None
    _log.info("checkout_started", order=order.id, attempt=order.checkout_attempt)
    return StartedCheckout(order.id, url=facts.url, client_secret=facts.client_secret)


async def _note_refused(services: Services, order: Order) -> None:
    async with services.db.write(actor="orders") as session:
        await store.change(
            session,
            order.id,
            {"checkout_state": "expired"},
            Order.checkout_attempt == order.checkout_attempt,
            Order.checkout_state == "starting",
        )


async def _keep(
    session: AsyncSession,
    services: Services,
    order: Order,
    items: list[OrderItem],
    details: BuyerDetails,
) -> None:
    now = services.clock()
    tiers = await store.tiers(session, order.event_id)
    for item in items:
        names = details.names.get(item.tier_id, []) if tiers[item.tier_id].ask_names else []
        item.names_json = json.dumps(names[: item.qty], ensure_ascii=False)
    order.email, order.name, order.phone = details.email, details.name, details.phone
    order.access_hash = hash_of(secret_of(services.settings, order.id, order.email))
    order.terms_at = now
    await session.flush()
    if details.marketing:
        consent = {
            "email": details.email,
            "organizer_id": order.organizer_id,
            "order_id": order.id,
            "wording": _(CONSENT),
            "given_at": now,
        }
        await store.keep_consent(session, consent)


def _is_same(order: Order, details: BuyerDetails) -> bool:
    """Tell whether the open page fits: Stripe was told the address and nothing else of these."""
    return order.email == details.email


def _clean(details: BuyerDetails) -> BuyerDetails:
    errors: list[dict[str, str]] = []
    email = ""
    try:
        email = clean_email(details.email)
    except ValueError:
        _add(errors, "email", _("Enter the e-mail address that your tickets shall go to."))
    name = _line(details.name)
    if not name:
        _add(errors, "name", _("Enter your name."))
    if not details.terms:
        _add(errors, "terms", _("Agree to the terms, or nothing can be sold to you."))
    if errors:
        raise BadInput(errors[0]["message"], code="details", errors=errors)
    names = {tier: [_line(text) for text in texts] for tier, texts in details.names.items()}
    return BuyerDetails(
        email, name, _line(details.phone)[:LONGEST_PHONE], names, details.marketing, True
    )


def _add(errors: list[dict[str, str]], where: str, message: str) -> None:
    errors.append({"field": where, "message": message})


def _line(text: str) -> str:
    """Return a typed line without what does not show: it stands in mails, pages and files."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:LONGEST_LINE]
