"""Pages about an event's codes: the list with uses and sums, adding, changing, switching off."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError as ShapeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.discounts.find_codes import codes_of, owned_code
from handstamp.discounts.models import Discount
from handstamp.discounts.save_code import add_code, change_code
from handstamp.discounts.shapes import CodeChange, NewCode
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.orders.count_codes import sums_by_code
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.money_text import amount_text, money, percent
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render
from handstamp.portal.price_forms import CodeForm


@page
async def codes(request: Request) -> Response:
    """List an event's codes with how often they were used and what they took off."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "codes")
        found = await codes_of(session, actor, event.id)
        sums = await sums_by_code(session, event.id)
        tiers = {tier.id: tier.name for tier in await tiers_of(session, event.id, archived=True)}
    rows = [
        {
            "code": code,
            "does": does(code, event.currency),
            "tiers": [tiers[tier] for tier in json.loads(code.tiers_json) if tier in tiers],
            "sums": sums.get(code.id),
        }
        for code in found
    ]
    return render(request, "codes.html", rows=rows, **around)


def does(code: Discount, currency: str) -> str:
    """Say what a code does."""
    if code.kind == "percent":
        said = _("%(number)s%% off") % {"number": percent(code.value)}
    elif code.kind == "fixed":
        said = _("%(amount)s off the order") % {"amount": money(code.value, currency)}
    else:
        return _("Opens hidden tiers")
    return f"{said}, {_('opens hidden tiers')}" if code.reveals else said


@page
async def code_form(request: Request) -> Response:
    """Show and take the form of a code; without one in the address it is a new one."""
    actor, shared = require_user(request), services(request)
    code_id = request.path_params.get("discount_id")
    async with shared.db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "codes")
        code = (await owned_code(session, actor, code_id))[1] if code_id else None
        every = await tiers_of(session, event.id, archived=True)
    tiers = _offered(every, code)
    if code is not None and code.event_id != event.id:
        raise NotFound(_("There is no such code among yours."))
    form = await CodeForm.from_formdata(request, **_shown(event, code, tiers))
    if code is not None:
        form.code.data, form.kind.data = code.code, code.kind
    if request.method == "POST" and await form.validate():
        try:
            async with shared.db.write(actor=actor.id) as session:
                if code is None:
                    typed = {"code": form.code.data, "kind": form.kind.data}
                    new = NewCode(**typed, **form.values())
                    await add_code(session, shared, actor, event.id, new)
                else:
                    change = CodeChange(**form.values())
                    await change_code(session, shared, actor, code.id, change)
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            return go(request, path_of(event.id, "/codes"), _("The code is saved."))
    status = 422 if form.errors else 200
    return render(
        request, "code_form.html", status=status, form=form, code=code, tiers=tiers, **around
    )


def _offered(tiers: Sequence[Tier], code: Discount | None) -> list[Tier]:
    """Leave out archived tiers, but for those the code has: without a box it would be for all."""
    own = json.loads(code.tiers_json) if code else []
    return [tier for tier in tiers if tier.archived_at is None or tier.id in own]


def _shown(event: Event, code: Discount | None, tiers: Sequence[Tier]) -> dict[str, Any]:
    around = {
        "time_zone": event.time_zone,
        "currency": event.currency,
        "tier_choices": [(tier.id, tier.name) for tier in tiers],
    }
    if code is None:
        return {**around, "kind": "percent"}
    values = {name: getattr(code, name) for name in ("code", "kind", "reveals", "max_uses")}
    value = percent(code.value)
    if code.kind == "fixed":
        value = amount_text(code.value, event.currency)
    return {
        **around,
        **values,
        "value": "" if code.kind == "access" else value,
        "tiers": json.loads(code.tiers_json),
        "starts_at": code.starts_at,
        "ends_at": code.ends_at,
    }


@page
async def switch(request: Request) -> Response:
    """Switch a code on or off; orders that have it keep their prices."""
    actor, shared = require_user(request), services(request)
    on = (await request.form()).get("to") == "active"
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        change = CodeChange(status="active" if on else "off")
        await change_code(session, shared, actor, request.path_params["discount_id"], change)
    said = _("The code can be used again.") if on else _("The code is off.")
    return go(request, path_of(event.id, "/codes"), said)


_CODES = "/organizer/events/{event_id}/codes"
routes = [
    Route(_CODES, codes),
    Route(_CODES + "/new", code_form, methods=["GET", "POST"]),
    Route(_CODES + "/{discount_id}", code_form, methods=["GET", "POST"]),
    Route(_CODES + "/{discount_id}/switch", switch, methods=["POST"]),
]
