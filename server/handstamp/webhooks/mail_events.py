"""What the mail provider says became of our mails: delivered, bounced, or called spam.

Events name our mail by the id it was sent with, never by a person's address, and are noted in
any order, once or often. The addresses are off until their secrets are set.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import BaseModel
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.kit.signing import same
from handstamp.mail.note_delivery import note_delivery
from handstamp.plumbing.config import Settings
from handstamp.plumbing.described import described
from handstamp.plumbing.errors import BadInput, NotFound, Unauthenticated
from handstamp.plumbing.metrics import MAIL_EVENTS
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import services
from handstamp.pool.note_mailed import note_mailed

POSTMARK = {"Delivery": "delivered", "Bounce": "bounced", "SpamComplaint": "complained"}
POSTMARK_PASSING = (  # kinds of bounce after which the mail may have arrived all the same
    "Transient",
    "AutoResponder",
    "AddressChange",
    "ChallengeVerification",
    "Subscribe",
    "Unsubscribe",
)
RESEND = {
    "email.delivered": "delivered",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.failed": "bounced",
}
_OUR_ID = re.compile(r"mail_[0-9a-z]{1,40}")
_log = structlog.get_logger("handstamp.webhooks")


class Noted(BaseModel):
    """The event was understood; `news` is false when it changed nothing."""

    received: bool
    news: bool


@described(tag="webhooks", answer=Noted)
async def postmark_events(request: Request) -> Response:
    """Take in an event of Postmark, which signs in with the user and password of its address."""
    check_basic(services(request).settings, request.headers.get("authorization", ""))
    event = _object(await request.body())
    return await _note(request, "postmark", *read_postmark(event))


@described(tag="webhooks", answer=Noted)
async def resend_events(request: Request) -> Response:
    """Take in an event of Resend, signed as the Standard Webhooks say."""
    body = await request.body()
    check_signature(services(request).settings, body, request.headers)
    return await _note(request, "resend", *read_resend(_object(body)))


def check_basic(settings: Settings, header: str) -> None:
    """Compare user and password in constant time.

    Raises:
        NotFound: this address is not set up.
        Unauthenticated: they are wrong.
    """
    if ":" not in settings.postmark_webhook:
        raise NotFound(_("There is nothing at this address."))
    scheme, _space, given = header.partition(" ")
    try:
        told = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        told = b""
    if scheme.lower() != "basic" or not same(told, settings.postmark_webhook.encode()):
        raise Unauthenticated(_("This is not who we expected."))


def check_signature(settings: Settings, body: bytes, headers: Mapping[str, str]) -> None:
    """Check the signature of a Standard Webhook (Svix), at most five minutes old.

    Raises:
        NotFound: this address is not set up.
        Unauthenticated: the signature does not fit, or is too old.
    """
    if not settings.resend_webhook_secret:
        raise NotFound(_("There is nothing at this address."))
    told = {
        f"webhook-{name}": headers.get(f"svix-{name}") or headers.get(f"webhook-{name}", "")
        for name in ("id", "timestamp", "signature")
    }
    try:
        Webhook(settings.resend_webhook_secret).verify(body, told, json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError) as error:
        raise Unauthenticated(_("The signature does not fit.")) from error


def read_postmark(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return our mail's id and what became of it, '' where the event says neither."""
    outcome = POSTMARK.get(str(event.get("RecordType")), "")
    if outcome == "bounced" and event.get("Type") in POSTMARK_PASSING:
        outcome = ""
    told = event.get("Metadata")
    return _id(told.get("mail") if isinstance(told, dict) else ""), outcome


def read_resend(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return our mail's id and what became of it, '' where the event says neither."""
    data = event.get("data")
    told = data if isinstance(data, dict) else {}
    named = [told.get("message_id"), _pair(told.get("tags"), "mail")]
    named.append(_pair(told.get("headers"), "Message-ID"))
    found = next((mail for value in named if (mail := _id(value))), "")
    return found, RESEND.get(str(event.get("type")), "")


def _pair(pairs: Any, name: str) -> Any:
    """Return a value out of {name: value} or [{"name", "value"}]; both are in use."""
    if isinstance(pairs, list):
        pairs = {one.get("name"): one.get("value") for one in pairs if isinstance(one, dict)}
    if not isinstance(pairs, dict):
        return ""
    return next((pairs[key] for key in pairs if str(key).lower() == name.lower()), "")


def _id(told: Any) -> str:
    found = _OUR_ID.search(told) if isinstance(told, str) else None
    return found.group() if found else ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput(_("This is no event.")) from error
    if not isinstance(found, dict):
        raise BadInput(_("This is no event."))
    return found


async def _note(request: Request, provider: str, mail_id: str, outcome: str) -> Response:
    news = False
    if mail_id and outcome:
        shared = services(request)
        async with shared.db.write(actor=provider) as session:
            news = await note_delivery(session, mail_id, outcome, shared.clock())
            await note_mailed(session, mail_id, outcome)
    MAIL_EVENTS.labels(provider=provider, outcome=outcome or "other").inc()
    if news and outcome != "delivered":
        _log.warning("mail_not_delivered", mail=mail_id, outcome=outcome)
    return JSONResponse({"received": True, "news": news})


routes: list[BaseRoute] = [
    Route("/api/tickets/webhooks/mail/postmark", postmark_events, methods=["POST"]),
    Route("/api/tickets/webhooks/mail/resend", resend_events, methods=["POST"]),
]
