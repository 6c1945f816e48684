"""Holding tickets for a buyer: one pending order each, kept for some minutes.

The same selection again finds the same order. Another one replaces it; an order whose payment
page may still be open is closed first, outside of any transaction, and kept if it proves paid.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import structlog
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response

from handstamp.discounts.rules import codes_in
from handstamp.discounts.try_codes import try_codes
from handstamp.kit.clock import MINUTE
from handstamp.orders.buyers import Buyer
from handstamp.orders.hold_book import Asked, Held, InTheWay, Kept, Refused
from handstamp.orders.hold_desk import NoEvent, TryAlone, hold_desk
from handstamp.orders.models import Order
from handstamp.orders.refusals import refused
from handstamp.orders.settle_order import close_order
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.idempotency import Once, answer_again
from handstamp.plumbing.metrics import ORDERS_CREATED
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

ATTEMPTS = 4
_log = structlog.get_logger("handstamp.orders")


async def hold(
    services: Services,
    buyer: Buyer,
    event_id: str,
    wants: Mapping[str, int],
    *,
    codes: Collection[str] = (),
    offer_id: str = "",
) -> Order:
    """Hold tickets by tier for `ticket_payment_timeout` minutes; return the pending order.

    `codes` take something off, or open hidden tiers. `offer_id`: the offer of a waiting list that
    holds these tickets already; the caller has made sure whose it is.

    Raises:
        NotFound: there is no such event.
        Conflict: `code` says why (sold_out, limit, not_on_sale, not_yet, ended, cannot_sell,
            code_used_up …) and `errors` name tiers; or the buyer's other payment cannot be
            settled now.
        SwitchedOff: the buyer's other payment is not known: Stripe does not answer.
        TooMany: the buyer's network has typed too many wrong codes.
    """
    held = await hold_order(services, buyer, event_id, wants, codes=codes, offer_id=offer_id)
    return held.order


async def hold_order(
    services: Services,
    buyer: Buyer,
    event_id: str,
    wants: Mapping[str, int],
    *,
    codes: Collection[str] = (),
    offer_id: str = "",
) -> Held:
    """Do what `hold` does, and return the lines too."""
    asked = await _asked(services, buyer, event_id, wants, codes)
    found = await _ask(services, event_id, replace(asked, offer_id=offer_id))
    assert isinstance(found, Held), "without a key nothing is answered again"
    return found


async def hold_once(
    services: Services,
    buyer: Buyer,
    event_id: str,
    wants: Mapping[str, int],
    *,
    codes: Collection[str] = (),
    once: Once | None,
    tell: Callable[[Held], Response],
) -> Response:
    """Do what `hold` does and return `tell`'s answer, kept under a key with the order itself.

    Raises:
        Conflict: see `hold`, or the key was used for another request.
    """
    asked = await _asked(services, buyer, event_id, wants, codes)
    asked = replace(asked, once=once, tell=tell)
    found = await _ask(services, event_id, asked)
    if isinstance(found, Kept):
        assert once is not None
        return answer_again(found.answer, once.digest)
    assert found.answer is not None
    return found.answer


async def _asked(
    services: Services,
    buyer: Buyer,
    event_id: str,
    wants: Mapping[str, int],
    codes: Collection[str],
) -> Asked:
    typed = codes_in(" ".join(codes))
    await try_codes(services, event_id, typed, network=buyer.network)
    return Asked(
        buyer=buyer,
        wants={tier: qty for tier, qty in wants.items() if qty},
        hold_for=services.settings.ticket_payment_timeout * MINUTE,
        most_by_network=services.settings.holds_per_network,
        codes=typed,
    )


async def _ask(services: Services, event_id: str, asked: Asked) -> Held | Kept:
    for _attempt in range(ATTEMPTS):
        try:
            found = await hold_desk(services).submit(event_id, asked)
        except NoEvent as error:
            raise NotFound(_("There is no such event.")) from error
        except (IntegrityError, TryAlone):  # the buyer's twin was first, or a number was taken
            continue
        if isinstance(found, Refused):
            raise refused(found.refusals, found.names)
        if isinstance(found, InTheWay):
            await close_order(services, found.order_id, reason="replaced")
            continue
        if isinstance(found, Held) and not found.resumed:
            ORDERS_CREATED.inc()
            _log.info("order_held", order=found.order.id, of_event=event_id)
        return found
    raise Conflict(_("Your order was changed at the same time elsewhere. Try again."))
