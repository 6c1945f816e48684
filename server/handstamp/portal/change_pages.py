"""Pages that give an event a new date, and that make another like it."""

from pydantic import ValidationError as ShapeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.duplicate_event import duplicate_event
from handstamp.notices.postpone_event import postpone_event
from handstamp.notices.tell_holders import count_readers
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.change_forms import DuplicateForm, PostponeForm
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render


@page
async def postpone(request: Request) -> Response:
    """Ask for the new date, show who is told, and move the event."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "overview")
        told = await count_readers(session, event.id)
    form = await PostponeForm.from_formdata(
        request, time_zone=event.time_zone, start_at=event.start_at
    )
    if request.method == "POST" and await form.validate():
        actor, shared = require_user(request), services(request)
        try:
            async with shared.db.write(actor=actor.id) as session:
                await postpone_event(
                    session,
                    shared,
                    actor,
                    event.id,
                    start_at=form.start_at.data or 0,
                    refund_until=form.refund_until.data,
                    message=form.message.data or "",
                )
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            said = _("The event has its new date. Holders are told, phones hear of it at once.")
            return go(request, path_of(event.id), said)
    status = 422 if form.errors or form.form_errors else 200
    return render(request, "postpone.html", status=status, form=form, told=told, **around)


@page
async def duplicate(request: Request) -> Response:
    """Ask for title and date of another event like this one, and make it as a draft."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "overview")
    form = await DuplicateForm.from_formdata(request, time_zone=event.time_zone, title=event.title)
    if request.method == "POST" and await form.validate():
        actor, shared = require_user(request), services(request)
        try:
            async with shared.db.write(actor=actor.id) as session:
                made = await duplicate_event(
                    session,
                    shared,
                    actor,
                    event.id,
                    title=form.title.data or "",
                    start_at=form.start_at.data or 0,
                )
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            said = _("The event is made. It stays a draft until you publish it.")
            return go(request, path_of(made.id), said)
    status = 422 if form.errors or form.form_errors else 200
    return render(request, "duplicate.html", status=status, form=form, **around)


_EVENT = "/organizer/events/{event_id}"
routes = [
    Route(_EVENT + "/postpone", postpone, methods=["GET", "POST"]),
    Route(_EVENT + "/duplicate", duplicate, methods=["GET", "POST"]),
]
