"""The page about what is added to an event's prices, with an example worked out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError as ShapeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Tier
from handstamp.events.price_rules import Terms, Wanted
from handstamp.events.set_prices import rates_of, set_prices, terms_of
from handstamp.events.shapes import PricesChange
from handstamp.orders.quote_order import Quote, quote
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render
from handstamp.portal.price_forms import ROWS, PricesForm, prices_shown

_USUAL_PRICE = 2_500


@dataclass(frozen=True)
class Example:
    """One ticket of a tier: what its buyer pays, and what stays with whom."""

    name: str
    price: int
    quote: Quote

    @property
    def left(self) -> int:
        """Return what the organizer gets, taxes included, before Stripe's own fee."""
        return self.quote.total - self.quote.kept

    @property
    def tax(self) -> int:
        """Return all taxes."""
        return sum(amount for _name, amount in self.quote.taxes)


@page
async def prices(request: Request) -> Response:
    """Show and take what is added to an event's prices."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "prices")
        tiers = await tiers_of(session, event.id)
        terms = await terms_of(session, event)
        rates = await rates_of(session, event.id)
    form = await PricesForm.from_formdata(request, **prices_shown(event, rates))
    form.currency = event.currency
    may_set = actor.kind == "admin"
    if request.method == "POST" and await form.validate():
        try:
            change = PricesChange(**form.change(amounts=may_set))
            async with services(request).db.write(actor=actor.id) as session:
                await set_prices(session, services(request), actor, event.id, change)
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            said = _("Saved. Orders that exist already keep their prices.")
            return go(request, path_of(event.id, "/prices"), said)
    return render(
        request,
        "prices.html",
        status=422 if form.errors else 200,
        form=form,
        rows=range(1, ROWS + 1),
        may_set=may_set,
        example=_example(tiers, terms),
        **around,
    )


def _example(tiers: Sequence[Tier], terms: Terms) -> Example:
    priced: Any = next((tier for tier in tiers if tier.price_cents), None)
    name = priced.name if priced else _("A ticket")
    amount = priced.price_cents if priced else max(_USUAL_PRICE, terms.least)
    return Example(name, amount, quote([Wanted("", 1, amount)], terms))


routes = [Route("/organizer/events/{event_id}/prices", prices, methods=["GET", "POST"])]
