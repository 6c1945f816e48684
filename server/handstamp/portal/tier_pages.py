"""Pages about an event's tiers: the list, adding, changing, ordering, removing."""

from typing import Any

from pydantic import ValidationError as ShapeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.add_tier import add_tier
from handstamp.events.edit_tier import edit_tier
from handstamp.events.find_events import tier_of, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.remove_tier import remove_tier
from handstamp.events.rules import named_kinds
from handstamp.events.shapes import NewTier, TierChange
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.money_text import amount_text, read_amount
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.forms import TierForm
from handstamp.portal.pages import go, page, render
from handstamp.tickets.find_tickets import count_tickets
from handstamp.tickets.rules import TAKING


@page
async def tiers(request: Request) -> Response:
    """List an event's tiers with how many tickets take room in each."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "tiers")
        found = await tiers_of(session, event.id)
        counts = await count_tickets(session, event.id)
    issued = {
        tier: sum(by_status.get(status, 0) for status in TAKING)
        for tier, by_status in counts.by_tier.items()
    }
    return render(request, "tiers.html", tiers=found, issued=issued, **around)


@page
async def tier_form(request: Request) -> Response:
    """Show and take the form of a tier; without a tier in the address it is a new one."""
    tier_id = request.path_params.get("tier_id")
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "tiers")
        tier = await tier_of(session, event.id, tier_id) if tier_id else None
    form = await TierForm.from_formdata(request, **_shown(event, tier))
    if request.method == "POST" and await form.validate():
        try:
            await _save(request, event, tier, _values(event, form))
        except ValueError as error:
            if isinstance(error, ShapeError):
                form.take(error)
            else:
                form.price.errors = [str(error)]
        except Problem as error:
            form.take(error)
        else:
            return go(request, path_of(event.id, "/tiers"), _("The tier is saved."))
    status = 422 if form.errors else 200
    return render(
        request,
        "tier_form.html",
        status=status,
        form=form,
        tier=tier,
        prompts=words.prompt_kinds(),
        **around,
    )


def _shown(event: Event, tier: Tier | None) -> dict[str, Any]:
    if tier is None:
        return {"time_zone": event.time_zone, "price": "0", "max_per_order": 10}
    return {
        "time_zone": event.time_zone,
        "name": tier.name,
        "price": amount_text(tier.price_cents, event.currency),
        "capacity": tier.capacity,
        "max_per_order": tier.max_per_order,
        "sales_start_at": tier.sales_start_at,
        "sales_end_at": tier.sales_end_at,
        "hidden": tier.visibility == "hidden",
        "ask_names": tier.ask_names,
        "prompt_kinds": named_kinds(tier.prompt_kinds),
        "prompt_text": tier.prompt_text,
    }


def _values(event: Event, form: TierForm) -> dict[str, Any]:
    values = {
        "name": form.name.data,
        "price_cents": read_amount(form.price.data or "0", event.currency),
        "capacity": form.capacity.data,
        "sales_start_at": form.sales_start_at.data,
        "sales_end_at": form.sales_end_at.data,
        "visibility": "hidden" if form.hidden.data else "public",
        "ask_names": form.ask_names.data,
        "prompt_kinds": form.prompt_kinds.data or [],
        "prompt_text": (form.prompt_text.data or "").strip(),
    }
    if form.max_per_order.data is not None:
        values["max_per_order"] = form.max_per_order.data
    return values


async def _save(request: Request, event: Event, tier: Tier | None, values: dict[str, Any]) -> None:
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        if tier is None:
            last = max((found.sort for found in await tiers_of(session, event.id)), default=-1)
            new = NewTier(**values, sort=last + 1)
            await add_tier(session, shared, actor, event.id, new)
        else:
            change = TierChange(**values)
            await edit_tier(session, shared, actor, event.id, tier.id, change=change)


@page
async def move_tier(request: Request) -> Response:
    """Move a tier one place up or down in the order shown."""
    actor, shared = require_user(request), services(request)
    step = -1 if (await request.form()).get("to") == "up" else 1
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        order = [tier.id for tier in await tiers_of(session, event.id)]
        tier = await tier_of(session, event.id, request.path_params["tier_id"])
        place = order.index(tier.id) if tier.id in order else 0
        target = min(max(place + step, 0), len(order) - 1)
        order.insert(target, order.pop(place))
        for sort, tier_id in enumerate(order):
            change = TierChange(sort=sort)
            await edit_tier(session, shared, actor, event.id, tier_id, change=change)
    return go(request, path_of(event.id, "/tiers"))


@page
async def drop_tier(request: Request) -> Response:
    """Remove a tier; its tickets stay as they are."""
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        await remove_tier(session, shared, actor, event.id, request.path_params["tier_id"])
    return go(request, path_of(event.id, "/tiers"), _("Removed. Its tickets stay as they are."))


_TIER = "/organizer/events/{event_id}/tiers"
routes = [
    Route(_TIER, tiers),
    Route(_TIER + "/new", tier_form, methods=["GET", "POST"]),
    Route(_TIER + "/{tier_id}", tier_form, methods=["GET", "POST"]),
    Route(_TIER + "/{tier_id}/move", move_tier, methods=["POST"]),
    Route(_TIER + "/{tier_id}/remove", drop_tier, methods=["POST"]),
]
