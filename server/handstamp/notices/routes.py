"""The API that cancels, moves and copies an event, and writes to who holds something of it."""

from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.duplicate_event import duplicate_event
from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.events.routes import EventBody, event_body
from handstamp.kit.clock import DAY
from handstamp.notices import shapes
from handstamp.notices.cancel_event import cancel_event, look_at_cancelling
from handstamp.notices.find_notices import notices_of, progress_of
from handstamp.notices.postpone_event import look_at_postponing, postpone_event
from handstamp.notices.tell_holders import count_readers
from handstamp.notices.write_message import MESSAGES_PER_DAY, checked, write_message
from handstamp.plumbing import limits
from handstamp.plumbing.api import answers, bad_input, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_refunds, require_ticketing, require_user, services

_TAGS = ["events"]
_FRESH = {"Cache-Control": "no-store"}


@spec.validate(resp=answers(HTTP_200=shapes.CancelState), tags=_TAGS)
async def look_cancel(request: Request) -> Response:
    """Tell what cancelling one of your events would do, or how far it has come."""
    async with services(request).db.read() as session:
        return await _state(session, await _event(session, request))


@spec.validate(json=shapes.CancelWish, resp=answers(HTTP_202=shapes.CancelState), tags=_TAGS)
async def cancel(request: Request, json: shapes.CancelWish) -> Response:
    """Cancel one of your events for good: sales and tickets end, what was paid goes back."""
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        event = await _event(session, request)
        require_refunds(request)
        await cancel_event(session, of, who, event.id, **json.model_dump())
        return await _state(session, event, status=202)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=shapes.NewDate, resp=answers(HTTP_200=shapes.NewDateLook), tags=_TAGS)
async def look_postpone(request: Request, json: shapes.NewDate) -> Response:
    """Tell what a new date of one of your events would do; nothing is changed."""
    of = services(request)
    async with of.db.read() as session:
        event = await _event(session, request)
        times = json.model_dump(exclude={"message"})
        look = await look_at_postponing(session, event, of.clock(), **times)
    return _answer(shapes.NewDateLook(**vars(look)))


@spec.validate(json=shapes.NewDate, resp=answers(HTTP_200=shapes.Moved), tags=_TAGS)
async def postpone(request: Request, json: shapes.NewDate) -> Response:
    """Give one of your events a new date; everybody who holds something of it is told.

    `by` 0 in the answer: it had that date already, so nothing changed and nobody is told.
    """
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        event = await _event(session, request)
        require_ticketing(request)
        moved = await postpone_event(session, of, who, event.id, **json.model_dump())
        return _answer(shapes.Moved(**event_body(moved.event), by=moved.by, told=moved.told))

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=shapes.CopyWish, resp=answers(HTTP_201=EventBody), tags=_TAGS)
async def duplicate(request: Request, json: shapes.CopyWish) -> Response:
    """Make a draft like one of your events: details, tiers, lists and prices, nobody's tickets."""
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        event = await _event(session, request)
        require_ticketing(request)
        try:
            made = await duplicate_event(session, of, who, event.id, **json.model_dump())
        except ValidationError as error:
            raise bad_input(error) from error
        return JSONResponse(event_body(made), 201, headers=_FRESH)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=shapes.NoticeList), tags=_TAGS)
async def messages(request: Request) -> Response:
    """List what the holders of one of your events were told."""
    async with services(request).db.read() as session:
        event = await _event(session, request)
        found = await notices_of(session, event.id)
        return _answer(shapes.NoticeList(notices=[shapes.notice_body(one) for one in found]))


@spec.validate(json=shapes.Message, resp=answers(HTTP_200=shapes.MessageLook), tags=_TAGS)
async def look_message(request: Request, json: shapes.Message) -> Response:
    """Tell how a message would read and how many get it; nothing is sent."""
    async with services(request).db.read() as session:
        event = await _event(session, request)
        subject, body = checked(json.subject, json.body)
        told = await count_readers(session, event.id)
    return _answer(shapes.MessageLook(subject=subject, body=body, told=told))


@spec.validate(json=shapes.SentMessage, resp=answers(HTTP_202=shapes.NoticeBody), tags=_TAGS)
async def send_message(request: Request, json: shapes.SentMessage) -> Response:
    """Write to everybody who holds something of one of your events, five times a day at most."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        event_id = (await _event(session, request)).id
    require_ticketing(request)
    checked(json.subject, json.body)
    await limits.hit(of, f"message:{event_id}", limit=MESSAGES_PER_DAY, window_ms=DAY)

    async def produce(session: AsyncSession) -> Response:
        notice = await write_message(session, of, who, event_id, **json.model_dump())
        return _answer(shapes.notice_body(notice), 202)

    return await answer_once(request, f"user:{who.id}", produce)


async def _event(session: AsyncSession, request: Request) -> Event:
    who = require_user(request)
    return await owned_event(session, who, str(request.path_params["event_id"]))


async def _state(session: AsyncSession, event: Event, status: int = 200) -> Response:
    progress = await progress_of(session, event.id)
    if progress is not None:
        return _answer(shapes.CancelState(preview=None, run=shapes.run_of(progress)), status)
    look = await look_at_cancelling(session, event)
    preview = shapes.preview_of(look, event.currency)
    return _answer(shapes.CancelState(preview=preview, run=None), status)


def _answer(body: BaseModel, status: int = 200) -> Response:
    return JSONResponse(body.model_dump(), status, headers=_FRESH)


_EVENT = "/api/tickets/events/{event_id}"
routes: list[BaseRoute] = [
    Route(f"{_EVENT}/cancel", look_cancel, methods=["GET"]),
    Route(f"{_EVENT}/cancel", cancel, methods=["POST"]),
    Route(f"{_EVENT}/postpone", postpone, methods=["POST"]),
    Route(f"{_EVENT}/postpone/preview", look_postpone, methods=["POST"]),
    Route(f"{_EVENT}/duplicate", duplicate, methods=["POST"]),
    Route(f"{_EVENT}/messages", messages, methods=["GET"]),
    Route(f"{_EVENT}/messages", send_message, methods=["POST"]),
    Route(f"{_EVENT}/messages/preview", look_message, methods=["POST"]),
]
