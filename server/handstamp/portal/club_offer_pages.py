"""Pages about what a club offers: the list, offering an event, its terms, taking it back."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError as ShapeError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.clubs.find_clubs import club_event, club_events
from handstamp.clubs.models import Club, ClubEvent
from handstamp.clubs.offer_event import edit_offer, offer_event, withdraw_event
from handstamp.clubs.shapes import NewOffer, OfferChange
from handstamp.events.find_events import list_events, owned_event, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, require_preorders, require_user, services
from handstamp.portal.club_board import OfferRow, offer_row, offer_rows
from handstamp.portal.club_forms import OfferForm, declared_in
from handstamp.portal.club_frame import club_in, club_path, coming_weeks, frame, week_name
from handstamp.portal.pages import go, page, render

MOST = 200


@page
async def offers(request: Request) -> Response:
    """List what a club offers and has offered, and what it could offer."""
    require_preorders(request)
    of = services(request)
    async with of.db.read() as session:
        club = await club_in(session, request)
        around = await frame(session, club, "events")
        rows = await offer_rows(session, club)
        free = await _free(session, require_user(request), club, of.clock())
    weeks = {row.offer.terms.week: week_name(row.offer.terms.week, club.time_zone) for row in rows}
    return render(request, "club_offers.html", rows=rows, weeks=weeks, free=free, **around)


async def _free(session: AsyncSession, actor: Actor, club: Club, now: int) -> list[Event]:
    """Return the organizer's coming events that the club does not offer yet, the next first."""
    taken = {one.event_id for one in await club_events(session, club.id)}
    found = await list_events(session, actor, organizer_id=club.organizer_id, limit=MOST)
    free = [
        event
        for event in found
        if event.status != "archived" and event.start_at > now and event.id not in taken
    ]
    return sorted(free, key=lambda event: (event.start_at, event.id))


@page
async def new(request: Request) -> Response:
    """Show and take the form by which an event is offered."""
    require_preorders(request)
    sent = await request.form() if request.method == "POST" else request.query_params
    async with services(request).db.read() as session:
        club, event, tiers = await _event(session, request, str(sent.get("event", "")))
        around = await frame(session, club, "events")
    form = await OfferForm.from_formdata(
        request, time_zone=event.time_zone, ticket_deadline_at=event.start_at
    )
    if request.method == "POST" and await form.validate():
        try:
            await _offer(request, club, event, form, tiers)
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            return go(request, club_path(club.id, "/events"), _("The event is offered."))
    return _form(request, form, {**around, "event": event, "tiers": tiers, "row": None})


async def _event(
    session: AsyncSession, request: Request, event_id: str
) -> tuple[Club, Event, Sequence[Tier]]:
    club = await club_in(session, request)
    event = await owned_event(session, require_user(request), event_id)
    return club, event, await tiers_of(session, event.id)


async def _offer(
    request: Request, club: Club, event: Event, form: OfferForm, tiers: Sequence[Tier]
) -> None:
    actor, of = require_user(request), services(request)
    declared = await _declared(request, form, tiers)
    wanted = NewOffer(event_id=event.id, declared=declared, **form.values())
    async with of.db.write(actor=actor.id) as session:
        await offer_event(session, of, actor, club.id, wanted)


async def _declared(request: Request, form: OfferForm, tiers: Sequence[Tier]) -> dict[str, int]:
    if form.stock.data != "declared":
        return {}
    return declared_in(await request.form(), [tier.id for tier in tiers])


@page
async def change(request: Request) -> Response:
    """Show and take the form of an offer's terms."""
    require_preorders(request)
    of = services(request)
    async with of.db.read() as session:
        club, event, tiers = await _event(session, request, request.path_params["event_id"])
        terms = await _terms(session, club, event)
        around = await frame(session, club, "events")
        row = await offer_row(session, club, terms, event, tiers)
    form = await OfferForm.from_formdata(request, time_zone=event.time_zone, **_shown(terms))
    begun = of.clock() >= row.offer.window.opens
    if request.method == "POST" and await form.validate():
        try:
            await _change(request, club, row, form, begun=begun)
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            return go(request, club_path(club.id, "/events"), _("The terms are saved."))
    around |= {"event": event, "tiers": tiers, "row": row}
    return _form(request, form, around, begun=begun)


async def _terms(session: AsyncSession, club: Club, event: Event) -> ClubEvent:
    terms = await club_event(session, club.id, event.id)
    if terms.withdrawn_at is not None:
        raise NotFound(_("This club does not offer that event."))
    return terms


def _shown(terms: ClubEvent) -> dict[str, Any]:
    names = ("week", "charge_mode", "stock", "allocation", "ticket_deadline_at", "auto_fill")
    return {name: getattr(terms, name) for name in names}


async def _change(
    request: Request, club: Club, row: OfferRow, form: OfferForm, *, begun: bool
) -> None:
    actor, of = require_user(request), services(request)
    values = form.values()
    if begun:
        form.stock.data = row.offer.terms.stock
        values = {name: values[name] for name in ("ticket_deadline_at", "auto_fill")}
    tiers = [tier.tier for tier in row.tiers]
    wanted = OfferChange(declared=await _declared(request, form, tiers), **values)
    async with of.db.write(actor=actor.id) as session:
        await edit_offer(session, of, actor, club.id, row.offer.event.id, change=wanted)


def _form(
    request: Request, form: OfferForm, around: dict[str, Any], *, begun: bool = False
) -> Response:
    club = around["club"]
    weeks = coming_weeks(club, services(request).clock())
    chosen = form.week.data
    if chosen and chosen not in dict(weeks) and around["row"] is not None:
        weeks = [(chosen, week_name(chosen, club.time_zone)), *weeks]
    return render(
        request,
        "club_offer_form.html",
        status=422 if form.errors or form.form_errors else 200,
        form=form,
        weeks=weeks,
        begun=begun,
        **around,
    )


@page
async def withdraw(request: Request) -> Response:
    """Take an event back from a club's members."""
    actor, of = require_user(request), services(request)
    async with of.db.write(actor=actor.id) as session:
        ids = (request.path_params["club_id"], request.path_params["event_id"])
        offer = await withdraw_event(session, of, actor, *ids)
    said = _("%(event)s is taken back. Members whose wish is let go get a mail.")
    here = club_path(request.path_params["club_id"], "/events")
    return go(request, here, said % {"event": offer.event.title})


_EVENTS = "/organizer/club/{club_id}/events"
routes = [
    Route(_EVENTS, offers),
    Route(_EVENTS + "/new", new, methods=["GET", "POST"]),
    Route(_EVENTS + "/{event_id}", change, methods=["GET", "POST"]),
    Route(_EVENTS + "/{event_id}/withdraw", withdraw, methods=["POST"]),
]
