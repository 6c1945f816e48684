"""Pages about an event's check-in lists: which tiers enter where, and when."""

import json
from dataclasses import dataclass, field

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.entry_rules import EntryRules, entry_of
from handstamp.events.find_events import ListView, list_of, lists_of, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.rules import ListTier, list_tiers
from handstamp.events.save_list import archive_list, save_list
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.local_time import NoSuchTime, from_local, to_local
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.list_entry_form import EntryForm, modes, shown
from handstamp.portal.pages import go, page, render


@dataclass
class Row:
    """One tier on the form of a list, as typed: chosen, and its window as local times."""

    tier: Tier
    chosen: bool = False
    opens: str = ""
    closes: str = ""
    error: str = ""


@dataclass
class ListForm:
    """A list as typed, and what is wrong with it."""

    name: str = ""
    rows: list[Row] = field(default_factory=list)
    name_error: str = ""
    error: str = ""


@page
async def lists(request: Request) -> Response:
    """List an event's check-in lists with their tiers and windows."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "lists")
        found = await lists_of(session, event.id, archived=True)
        names = {
            tier.number: tier.name for tier in await tiers_of(session, event.id, archived=True)
        }
    entries = {view.number: entry_of(view.rules) for view in found}
    return render(request, "lists.html", lists=found, entries=entries, tier_names=names, **around)


@page
async def list_form(request: Request) -> Response:
    """Show and take the form of a check-in list; without a number it is a new one."""
    number = request.path_params.get("number")
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "lists")
        tiers = list(await tiers_of(session, event.id))
        view = await list_of(session, event.id, number) if number is not None else None
    form = _stored(event, tiers, view)
    kept = entry_of(view.rules) if view is not None else EntryRules()
    entry = await EntryForm.from_formdata(request, **shown(kept))
    if request.method == "POST":
        chosen = _typed(event, form, await request.form())
        right = await entry.validate() and entry.right(kept)
        if right and not _is_wrong(form):
            try:
                await _save(
                    request, event, form.name, chosen, entry=entry.rules(kept), number=number
                )
            except Problem as error:
                form.error = error.detail
            else:
                return go(
                    request, path_of(event.id, "/lists"), _("Saved. Phones hear of it at once.")
                )
    return render(
        request,
        "list_form.html",
        status=422 if _is_wrong(form) or entry.errors else 200,
        form=form,
        entry=entry,
        modes=modes(),
        view=view,
        **around,
    )


def _is_wrong(form: ListForm) -> bool:
    return bool(form.error or form.name_error or any(row.error for row in form.rows))


def _stored(event: Event, tiers: list[Tier], view: ListView | None) -> ListForm:
    if view is None:
        return ListForm(rows=[Row(tier, chosen=True) for tier in tiers])
    known = {entry.tier: entry for entry in list_tiers(json.dumps(view.rules))}
    rows = [Row(tier) for tier in tiers]
    for row in rows:
        entry = known.get(row.tier.number)
        if entry:
            row.chosen = True
            row.opens = to_local(entry.opens, event.time_zone)
            row.closes = to_local(entry.closes, event.time_zone)
    return ListForm(view.name, rows)


def _typed(event: Event, form: ListForm, data: FormData) -> list[ListTier]:
    form.name = str(data.get("name", "")).strip()
    if not form.name:
        form.name_error = _("Give the list a name, such as Main door.")
    elif len(form.name) > 200:
        form.name_error = _("Use 200 letters at most.")
    chosen = []
    for row in form.rows:
        number = row.tier.number
        row.chosen = f"tier-{number}" in data
        row.opens = str(data.get(f"from-{number}", ""))
        row.closes = str(data.get(f"until-{number}", ""))
        if row.chosen:
            entry = _window(event, row)
            if entry:
                chosen.append(entry)
    if not any(row.chosen for row in form.rows):
        form.error = _("Choose at least one tier.")
    return chosen


def _window(event: Event, row: Row) -> ListTier | None:
    try:
        opens = from_local(row.opens, event.time_zone) if row.opens else None
        closes = from_local(row.closes, event.time_zone) if row.closes else None
    except NoSuchTime:
        row.error = _("The clocks go forward over that time on that day. Choose another.")
        return None
    except ValueError:
        row.error = _("Write a date and a time, like 2026-11-21 19:30.")
        return None
    if opens is not None and closes is not None and closes <= opens:
        row.error = _("The window must end after it begins.")
        return None
    return ListTier(row.tier.number, opens, closes)


async def _save(
    request: Request,
    event: Event,
    name: str,
    chosen: list[ListTier],
    *,
    entry: EntryRules,
    number: int | None,
) -> None:
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        await save_list(
            session, shared, actor, event.id, name=name, tiers=chosen, entry=entry, number=number
        )


@page
async def close_list(request: Request) -> Response:
    """Close a check-in list: phones stop offering it."""
    actor, shared = require_user(request), services(request)
    number = request.path_params["number"]
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        await archive_list(session, shared, actor, event.id, number)
    undo = (path_of(event.id, f"/lists/{number}/reopen"), _("Undo"))
    return go(request, path_of(event.id, "/lists"), _("The list is closed."), undo=undo)


@page
async def reopen_list(request: Request) -> Response:
    """Open a closed check-in list again as it was."""
    actor, shared = require_user(request), services(request)
    number = request.path_params["number"]
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        view = await list_of(session, event.id, number)
        kept = list_tiers(json.dumps(view.rules))
        await save_list(
            session,
            shared,
            actor,
            event.id,
            name=view.name,
            tiers=kept,
            entry=entry_of(view.rules),
            number=number,
        )
    return go(request, path_of(event.id, "/lists"), _("The list is open again."))


_LISTS = "/organizer/events/{event_id}/lists"
routes = [
    Route(_LISTS, lists),
    Route(_LISTS + "/new", list_form, methods=["GET", "POST"]),
    Route(_LISTS + "/{number:int}", list_form, methods=["GET", "POST"]),
    Route(_LISTS + "/{number:int}/close", close_list, methods=["POST"]),
    Route(_LISTS + "/{number:int}/reopen", reopen_list, methods=["POST"]),
]
