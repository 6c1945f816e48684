"""The inbox of Stripe's events: each is stored once, with the job that works it off."""

import json
from typing import Annotated, Any, Literal

import structlog
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import SECOND
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import BadSignature, NotConfigured
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import now
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.metrics import WEBHOOKS
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.webhooks import store
from handstamp.webhooks.event_types import counted_as

JOB = "webhooks.dispatch"
API_VERSION = "2026-10-28.endive"
Endpoint = Literal["platform", "connect"]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,255}$")]

_log = structlog.get_logger("handstamp.webhooks")


class _Envelope(BaseModel):
    """What is read of an event itself; the rest is kept as it came."""

    id: _Id
    type: Annotated[str, Field(pattern=r"^[a-z0-9_.]{1,255}$")]
    created: Annotated[int, Field(ge=0, lt=2**40)]
    livemode: bool
    account: _Id | None = None
    api_version: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] = None


async def receive(services: Services, endpoint: Endpoint, body: bytes, signature: str) -> bool:
    """Take an event in; tell whether it was new.

    Raises:
        NotConfigured: this server has no key, or this endpoint no secret.
        BadInput: not signed with this endpoint's secret, too old, no event, or of the other
            mode (live events on a test server).
    """
    secret = secret_of(services.settings, endpoint)
    if not secret:
        raise NotConfigured(_("This address is not set up to take events yet."))
    try:
        found = gateway(services).read_event(body, signature, secret)
    except BadSignature:
        WEBHOOKS.labels(type="other", outcome="forged").inc()
        raise BadInput(_("The signature does not fit."), code="bad_signature") from None
    event = _read(services, found)
    async with services.db.write(actor="stripe") as session:
        fresh = await keep(session, endpoint, event, body.decode())
    outcome = "stored" if fresh else "duplicate"
    WEBHOOKS.labels(type=counted_as(event.type), outcome=outcome).inc()
    return fresh


async def take_in(
    services: Services, session: AsyncSession, account: str, found: dict[str, Any]
) -> bool:
    """Store an event that was found by asking Stripe; tell whether it was new.

    Raises:
        BadInput: it is none.
    """
    event = _read(services, {**found, "account": found.get("account") or account or None})
    payload = json.dumps(found, separators=(",", ":"))
    fresh = await keep(session, "connect" if account else "platform", event, payload)
    if fresh:
        WEBHOOKS.labels(type=counted_as(event.type), outcome="caught_up").inc()
    return fresh


async def keep(session: AsyncSession, endpoint: Endpoint, event: _Envelope, payload: str) -> bool:
    """Store the event and queue its job, both or neither; False when it is stored already."""
    values = {
        "id": event.id,
        "endpoint": endpoint,
        "account": event.account or "",
        "type": event.type,
        "object_id": _object_id(payload),
        "api_version": event.api_version or "",
        "livemode": event.livemode,
        "stripe_created": event.created * SECOND,
        "payload": payload,
        "status": "new",
        "attempts": 0,
        "error": "",
        "received_at": now(session),
        "processed_at": None,
    }
    fresh = await store.add_event(session, values)
    if fresh:
        await queue(session, event.id)
    return fresh


async def queue(session: AsyncSession, event_id: str) -> None:
    """Have an event worked off; while a job waits for it no second one is added."""
    await enqueue(session, JOB, {"event": event_id}, dedupe=event_id)


def secret_of(settings: Settings, endpoint: Endpoint) -> str:
    """Return what an endpoint's events are signed with, '' when it is not set up."""
    if endpoint == "connect":
        return settings.stripe_connect_webhook_secret
    return settings.stripe_webhook_secret


def _read(services: Services, found: dict[str, Any]) -> _Envelope:
    try:
        event = _Envelope.model_validate(found)
    except ValidationError:
        WEBHOOKS.labels(type="other", outcome="unreadable").inc()
        raise BadInput(_("This is no event."), code="no_event") from None
    if event.livemode != gateway(services).is_live:
        WEBHOOKS.labels(type=counted_as(event.type), outcome="other_mode").inc()
        raise BadInput(_("This event is of the other mode, live or test."), code="other_mode")
    if event.api_version != API_VERSION:
        _log.warning("stripe_version", id=event.id, told=event.api_version, ours=API_VERSION)
    return event


def _object_id(payload: str) -> str:
    found = json.loads(payload)
    for name in ("data", "object", "id"):
        found = found.get(name) if isinstance(found, dict) else None
    return _text(found)


def _text(value: Any) -> str:
    return value[:255] if isinstance(value, str) and value.isprintable() else ""
