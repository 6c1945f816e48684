"""Pages that cancel an event, follow that, and write to all who hold a ticket of it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.models import Event
from handstamp.kit.clock import DAY
from handstamp.notices.cancel_event import cancel_event, look_at_cancelling
from handstamp.notices.find_notices import notices_of, progress_of
from handstamp.notices.tell_holders import count_readers
from handstamp.notices.write_message import MESSAGES_PER_DAY, checked, write_message
from handstamp.plumbing import limits
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_refunds, require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import fragment, go, page, render


@page
async def cancel(request: Request) -> Response:
    """Show what cancelling would do, do it when the title was typed, then show how far it is."""
    sent = await request.form() if request.method == "POST" else FormData()
    problem = ""
    if request.method == "POST":
        try:
            return await _cancel(request, sent)
        except Problem as error:
            if error.status in (401, 404):
                raise
            problem = error.detail
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "overview")
        shown = await _progress(session, event)
        look = None if shown["progress"] else await look_at_cancelling(session, event)
    return render(
        request,
        "cancel.html",
        status=422 if problem else 200,
        look=look,
        sent=sent,
        problem=problem,
        **shown,
        **around,
    )


async def _cancel(request: Request, sent: FormData) -> Response:
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        require_refunds(request)
        await cancel_event(
            session,
            shared,
            actor,
            event.id,
            typed=_text(sent, "typed"),
            message=_text(sent, "message"),
            note=_text(sent, "note"),
        )
    said = _("The event is cancelled. What was paid goes back now.")
    return go(request, path_of(event.id, "/cancel"), said)


@page
async def cancel_live(request: Request) -> Response:
    """Return the part of the page that follows the run."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        shown = await _progress(session, event)
    if shown["progress"] is None:
        raise NotFound(_("This event was not cancelled."))
    return fragment(request, "cancel_live.html", event=event, **shown)


async def _progress(session: AsyncSession, event: Event) -> dict[str, Any]:
    return {
        "progress": await progress_of(session, event.id),
        "refund_statuses": words.refund_statuses(),
        "base": path_of(event.id),
    }


@page
async def message(request: Request) -> Response:
    """Ask for a subject and a text, show how they look and who is told, then send."""
    sent = await request.form() if request.method == "POST" else FormData()
    problem, looked = "", None
    subject, body = _text(sent, "subject"), _text(sent, "body")
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "overview")
        readers = await count_readers(session, event.id)
        told = await notices_of(session, event.id)
    if request.method == "POST":
        try:
            looked = checked(subject, body)
            if sent.get("seen_text") == str(looked) and _text(sent, "seen").isdecimal():
                return await _send(request, event, looked, seen=_text(sent, "seen"))
        except Problem as error:
            problem = error.detail
    return render(
        request,
        "message.html",
        status=422 if problem else 200,
        problem=problem,
        looked=looked,
        subject=subject,
        body=body,
        readers=readers,
        told=told,
        kinds=words.mail_kinds(),
        **around,
    )


async def _send(request: Request, event: Event, looked: tuple[str, str], *, seen: str) -> Response:
    actor, shared = require_user(request), services(request)
    await limits.hit(shared, f"message:{event.id}", limit=MESSAGES_PER_DAY, window_ms=DAY)
    subject, body = looked
    expected = int(seen[:9])
    async with shared.db.write(actor=actor.id) as session:
        notice = await write_message(
            session, shared, actor, event.id, subject=subject, body=body, expected=expected
        )
    said = _("%(number)s people are written to.") % {"number": notice.total}
    return go(request, path_of(event.id, "/message"), said)


def _text(sent: FormData, name: str) -> str:
    value = sent.get(name, "")
    return value.replace("\x00", "").strip()[:6_000] if isinstance(value, str) else ""


_EVENT = "/organizer/events/{event_id}"
routes = [
    Route(_EVENT + "/cancel", cancel, methods=["GET", "POST"]),
    Route(_EVENT + "/cancel/live", cancel_live),
    Route(_EVENT + "/message", message, methods=["GET", "POST"]),
]
