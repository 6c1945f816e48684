"""Bounds the size of request bodies; an oversized one is a problem like any other."""

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handstamp.plumbing.errors import TooLarge
from handstamp.plumbing.refused_page import refuse
from handstamp.plumbing.texts import _


class BodyLimit:
    """Starlette's limit, whose own plain-text refusal is replaced by one in our words.

    A route that takes more wraps itself in `RequestBodyLimitMiddleware` with its own size.
    """

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._limited = RequestBodyLimitMiddleware(app, max_body_size=largest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._limited(scope, receive, send)
            return
        refused = False

        async def speak_plainly(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and _is_plain_refusal(message):
                refused = True
                problem = TooLarge(_("What was sent is larger than this address accepts."))
                await refuse(scope, problem)(scope, receive, send)
            if not refused:
                await send(message)

        await self._limited(scope, receive, speak_plainly)


def _is_plain_refusal(message: Message) -> bool:
    headers = dict(message["headers"])
    return bool(
        message["status"] == TooLarge.status
        and headers.get(b"content-type", b"").startswith(b"text/plain")
    )
