"""A pending order's page: how long it lasts, who buys, on to payment; and giving it back."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.find_events import tiers_of
from handstamp.orders.cancel_order import cancel
from handstamp.orders.find_orders import names_of
from handstamp.orders.start_checkout import (
    CONSENT,
    BuyerDetails,
    StartedCheckout,
    start_checkout,
)
from handstamp.plumbing.errors import Gone, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_checkout, services
from handstamp.storefront import typos, words
from handstamp.storefront.forms import LONGEST_NAME, DetailsForm
from handstamp.storefront.order_frame import Shown, order_of
from handstamp.storefront.pages import buyers_page, go, render
from handstamp.storefront.to_stripe import form_policy, on_to_stripe


async def show_checkout(request: Request, shown: Shown) -> Response:
    """Show the form of a pending order, with what is known of the buyer."""
    order = shown.order
    form = await DetailsForm.from_formdata(
        request, name=order.name, email=order.email, phone=order.phone
    )
    names = {item.id: names_of(item) for item in shown.view.items}
    return await _form(request, shown, form, names=names)


async def take_details(request: Request, shown: Shown) -> Response:
    """Take the buyer's details and lead to payment, or say what is wrong with them."""
    sent = await request.form()
    form = await DetailsForm.from_formdata(request)
    if not shown.view.event.ask_phone:
        form.phone.data = ""
    if sent.get("email_instead"):
        form.email.data = str(sent["email_instead"])
    names = _names_in(sent, shown)
    right = await form.validate()
    typo = typos.meant(form.email.data or "")
    asked = typo and sent.get("email_sure") != form.email.data and not form.email.errors
    if not right or asked or sent.get("email_instead") or _long(names):
        return await _form(request, shown, form, names=names, typo=typo if asked else "")
    try:
        require_checkout(request)
        details = _details(form, shown, names)
        started = await start_checkout(services(request), shown.order.id, details)
    except Gone:
        return go(request, _path(shown))
    except Problem as problem:
        form.take(problem)
        return await _form(request, shown, form, names=names, status=problem.status)
    return _on_to(request, shown, started)


def _on_to(request: Request, shown: Shown, started: StartedCheckout) -> Response:
    if started.client_secret and not started.url:
        return go(request, f"{_path(shown)}/pay")
    if not started.url:
        return go(request, _path(shown))
    return on_to_stripe(request, started.url, **shown.values())


def _path(shown: Shown) -> str:
    return f"/tickets/order/{shown.order.id}"


def _details(form: DetailsForm, shown: Shown, names: Mapping[str, list[str]]) -> BuyerDetails:
    by_tier = {item.tier_id: names[item.id] for item in shown.view.items if item.id in names}
    return BuyerDetails(
        email=(form.email.data or "").strip(),
        name=" ".join((form.name.data or "").split()),
        phone=(form.phone.data or "").strip(),
        names={tier: given for tier, given in by_tier.items() if any(given)},
        marketing=bool(form.marketing.data),
        terms=bool(form.terms.data),
    )


def _names_in(sent: FormData, shown: Shown) -> dict[str, list[str]]:
    return {
        item.id: [_text(sent.get(_field(item.id, place), "")) for place in range(item.qty)]
        for item in shown.view.items
        if _field(item.id, 0) in sent
    }


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _long(names: Mapping[str, list[str]]) -> bool:
    return any(len(name) > LONGEST_NAME for given in names.values() for name in given)


def _field(item_id: str, place: int) -> str:
    return f"name-{item_id}-{place}"


async def _form(
    request: Request,
    shown: Shown,
    form: DetailsForm,
    *,
    names: Mapping[str, list[str]],
    typo: str = "",
    status: int = 0,
) -> Response:
    order = shown.order
    wrong = bool(form.errors or form.form_errors or typo or _long(names))
    return render(
        request,
        "checkout.html",
        status=status or (422 if wrong else 200),
        policy=form_policy(services(request).settings),
        form=form,
        name_rows=await _name_rows(request, shown, names),
        typo=typo,
        domains=" ".join(typos.DOMAINS),
        right_domains=" ".join(typos.RIGHT),
        wording=_(CONSENT),
        declined=words.decline_reason(order.payment_error) if order.payment_error else "",
        came_back=order.checkout_state == "open" and not order.payment_error and not wrong,
        **shown.values(),
    )


async def _name_rows(
    request: Request, shown: Shown, names: Mapping[str, list[str]]
) -> list[dict[str, str]]:
    """Return a field for each ticket of the tiers that ask who comes."""
    async with services(request).db.read() as session:
        tiers = await tiers_of(session, shown.view.event.id, archived=True)
    asking = {tier.id for tier in tiers if tier.ask_names}
    return [
        _name_row(item.id, item.tier_name, place, names.get(item.id, []), item.qty)
        for item in shown.view.items
        if item.tier_id in asking
        for place in range(item.qty)
    ]


def _name_row(item_id: str, tier: str, place: int, given: list[str], qty: int) -> dict[str, str]:
    value = given[place] if place < len(given) else ""
    label = tier if qty == 1 else _("%(tier)s, ticket %(n)s") % {"tier": tier, "n": place + 1}
    error = ""
    if len(value) > LONGEST_NAME:
        error = _("Use %(count)s letters at most.") % {"count": LONGEST_NAME}
    return {"field": _field(item_id, place), "label": label, "value": value, "error": error}


@buyers_page
async def cancel_order(request: Request) -> Response:
    """Ask whether to give a pending order back, and do it."""
    shown = await order_of(request)
    if shown.order.status != "pending":
        return go(request, _path(shown))
    if request.method == "GET":
        return render(request, "order_cancel.html", **shown.values())
    await cancel(services(request), shown.order.id)
    return go(request, _path(shown))


routes = [Route("/order/{order_id}/cancel", cancel_order, methods=["GET", "POST"])]
