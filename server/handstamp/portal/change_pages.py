"""Pages that give an event a new date, and that make another like it."""

from pydantic import ValidationError as ShapeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.duplicate_event import duplicate_event
from handstamp.events.models import Event
from handstamp.notices.postpone_event import PostponeLook, look_at_postponing, postpone_event
from handstamp.plumbing.errors import BadInput, NotFound, Problem
from handstamp.plumbing.local_time import to_local
from handstamp.plumbing.texts import _, ngettext
from handstamp.plumbing.web import require_user, services
from handstamp.portal.change_forms import DuplicateForm, PostponeForm
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render


@page
async def postpone(request: Request) -> Response:
    """Ask for the new date, show what it does and who is told, then move the event."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "overview")
    form = await PostponeForm.from_formdata(
        request, time_zone=event.time_zone, start_at=event.start_at
    )
    look, seen = None, ""
    if request.method == "POST" and await form.validate():
        shown = (event.start_at, form.start_at.data, form.refund_until.data, form.message.data)
        seen = str(shown)
        try:
            look = await _look(request, event, form)
            if form.seen.data == seen:
                return await _move(request, event, form)
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
            look = None
    status = 422 if form.errors or form.form_errors else 200
    return render(
        request, "postpone.html", status=status, form=form, look=look, seen=seen, **around
    )


async def _look(request: Request, event: Event, form: PostponeForm) -> PostponeLook:
    shared = services(request)
    start_at, refund_until = form.start_at.data or 0, form.refund_until.data
    # The field has no seconds: what it shows at first is no other date than the event's own.
    if to_local(start_at, event.time_zone) == to_local(event.start_at, event.time_zone):
        start_at = event.start_at
    async with shared.db.read() as session:
        look = await look_at_postponing(
            session, event, shared.clock(), start_at=start_at, refund_until=refund_until
        )
    if not look.by:
        raise _unchanged()
    return look


async def _move(request: Request, event: Event, form: PostponeForm) -> Response:
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        moved = await postpone_event(
            session,
            shared,
            actor,
            event.id,
            start_at=form.start_at.data or 0,
            refund_until=form.refund_until.data,
            message=form.message.data or "",
        )
    if not moved.by:
        raise _unchanged()
    said = ngettext(
        "The event has its new date. %(num)d person is told, phones hear of it at once.",
        "The event has its new date. %(num)d people are told, phones hear of it at once.",
        moved.told,
    )
    return go(request, path_of(event.id), said % {"num": moved.told})


def _unchanged() -> BadInput:
    message = _(
        "The event has this date already: nothing was changed and nobody told. Choose another date,"
        " or send your words with “Write to all holders”."
    )
    return BadInput(message, errors=[{"field": "start_at", "message": message}])


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
