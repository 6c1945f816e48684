"""An order's payment page at Stripe: opened, opened again under its key, closed. No transaction.

What a page is made of is stored with the order before the first call, so that the call can be
made again, word for word, by whoever finds the order after a crash.
"""

from collections.abc import Sequence

from handstamp.events.tax_lines import tax_lines
from handstamp.kit.clock import HOUR, MINUTE, Millis
from handstamp.orders import rules
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.order_access import page_of
from handstamp.payments.checkout_request import ORDER_MARK
from handstamp.payments.facts import CheckoutFacts, NewCheckout
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayBroken, GatewayKeyUsed, GatewayRefused
from handstamp.plumbing.config import Settings
from handstamp.plumbing.texts import _, speaking
from handstamp.plumbing.web import Services

DIRECT = "direct"
CLOCK_SKEW: Millis = 5 * MINUTE  # between our clock and Stripe's
LEAST_LIFE: Millis = 30 * MINUTE  # of a page, says Stripe
SURE_AFTER: Millis = MINUTE  # after a hold's end no call of its checkout is under way any more


def account_of(order: Order) -> str:
    """Return the account that calls about the order's page are made in ('' = the platform's)."""
    return order.account if order.charge_type == DIRECT else ""


def destination_of(order: Order) -> str:
    """Return the account that a destination charge is for, '' of a direct one."""
    return "" if order.charge_type == DIRECT else order.account


async def open_page(services: Services, order: Order, items: Sequence[OrderItem]) -> CheckoutFacts:
    """Open the page of the order's current attempt; the same again finds the same page.

    Raises:
        GatewayError: see there.
    """
    wanted = _wanted(services.settings, order, items)
    key = f"order:{order.id}:checkout:{order.checkout_attempt}"
    return await gateway(services).create_checkout(wanted, key=key)


async def look_at_page(
    services: Services, order: Order, items: Sequence[OrderItem]
) -> CheckoutFacts | None:
    """Return the page as it is now; None when it is certain that there is none.

    A page whose id was lost in a crash is found by opening it again under its key. Stripe
    refuses that when it never saw the first call and too little time is left for a new page; and
    a fault that it keeps under the key hides the page from us as from everybody: a page whose id
    is not stored was never shown to anyone. Where the call would read otherwise by now, because
    settings or texts were changed, the page is looked for among those made at that time.

    Raises:
        GatewayError: Stripe did not say, or it is not certain yet.
    """
    session_id = order.checkout_session_id
    if session_id is None:
        if _is_forgotten(order, services.clock()):
            return None
        try:
            session_id = (await open_page(services, order, items)).id
        except (GatewayRefused, GatewayBroken):
            return None
        except GatewayKeyUsed:
            session_id = await _found_by_mark(services, order)
            if session_id is None:
                if services.clock() < order.expires_at + SURE_AFTER:
                    raise
                return None
    return await gateway(services).retrieve_checkout(session_id, account=account_of(order))


async def close_page(
    services: Services, order: Order, items: Sequence[OrderItem]
) -> CheckoutFacts | None:
    """Make sure that nobody can pay any more; return the page as it is then, None if none is.

    An organizer who has cut us off takes the page along; an hour after its own end it counts as
    closed all the same, or its stock would be held for ever.
    """
    try:
        found = await look_at_page(services, order, items)
        if found is None or found.status != "open":
            return found
        return await gateway(services).expire_checkout(found.id, account=account_of(order))
    except GatewayRefused:
        if services.clock() < (order.checkout_expires_at or 0) + HOUR:
            raise
        return None


async def _found_by_mark(services: Services, order: Order) -> str | None:
    """Look for the newest page that was made for an order, by what is written on it.

    Stripe makes no page that would end within half an hour, so this is the time to look at.
    """
    ends = order.checkout_expires_at or 0
    found = await gateway(services).find_checkouts(
        account=account_of(order),
        since=order.created_at - CLOCK_SKEW,
        until=ends - LEAST_LIFE + CLOCK_SKEW,
        mark=(ORDER_MARK, order.id),
    )
    return next(iter(found), None)


def _is_forgotten(order: Order, now: Millis) -> bool:
    """Tell whether a page with a lost id has ended, and its key may be forgotten at Stripe."""
    ends = order.checkout_expires_at or 0
    return now > ends - rules.SESSION_LIFE + rules.KEY_LIFE


def _wanted(settings: Settings, order: Order, items: Sequence[OrderItem]) -> NewCheckout:
    page = page_of(settings, order.id)
    return NewCheckout(
        order_id=order.id,
        number=order.number,
        account=account_of(order),
        charge_type=order.charge_type,
        destination=destination_of(order),
        currency=order.currency,
        lines=[(line.name, line.unit_amount, line.qty) for line in _lines(order, items)],
        application_fee=order.application_fee,
        email=order.email,
        expires_at=order.checkout_expires_at or 0,
        success_url=f"{page}?back=paid",
        cancel_url=page,
        locale=order.language,
        automatic_tax=order.tax_mode == "stripe",
        ui="elements" if settings.payment_form == "element" else "hosted",
    )


def _lines(order: Order, items: Sequence[OrderItem]) -> list[rules.ChargedLine]:
    priced = [(item.tier_name, rules.priced_line(item)) for item in items]
    with speaking(order.language):
        taxes = tax_lines(items)
        return rules.charged_lines(priced, fees=_("Service fee"), taxes=taxes)
