"""The outermost layer of a request: its id, how large it may be, one log line, its figures, and a
calm end if it crashes."""

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handstamp.plumbing.errors import BadInput, NotFound, Problem
from handstamp.plumbing.logs import places_of
from handstamp.plumbing.metrics import REQUEST_SECONDS, REQUESTS
from handstamp.plumbing.refused_page import refuse
from handstamp.plumbing.texts import _

HEADER = "X-Request-ID"
_GIVEN_ID = re.compile(r"[A-Za-z0-9_\-]{8,64}")
_log = structlog.get_logger("handstamp.requests")
_LONGEST_NUMBER = 16
LONGEST_ADDRESS = 8192  # letters of the path and bytes of the query; what proxies take by default
LARGEST_HEADERS = 65_536  # bytes of all names and values; uvicorn itself takes any number
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMiddleware:
    """Gives every request an id (a proxy's `X-Request-ID` is kept), counts and logs it.

    An unexpected exception becomes a problem with that id and nothing of its cause.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if scope["type"] == "http":
                await _Answer(self.app, scope, receive, send, request_id).run()
            else:
                await self.app(scope, receive, send)


class _Answer:
    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, request_id: str
    ) -> None:
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        self._request_id = request_id
        self._status = 0

    async def run(self) -> None:
        started = time.perf_counter()
        try:
            problem = _unreadable(self._scope)
            if problem:
                await self._refuse(problem)
            else:
                await self._app(self._scope, self._receive, self._note)
        except Exception as error:
            _log.error("request_crashed", **places_of(error))
            if self._status:
                raise
            await self._refuse(self._crash())
        finally:
            self._count(time.perf_counter() - started)

    def _crash(self) -> Problem:
        number = self._request_id
        said = _("Something broke on our side. Nothing was changed. Please name this: %s")
        return Problem(said % number)

    async def _refuse(self, problem: Problem) -> None:
        await refuse(self._scope, problem)(self._scope, self._receive, self._note)

    async def _note(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self._request_id
        await self._send(message)

    def _count(self, seconds: float) -> None:
        route = route_of(self._scope)
        method = self._scope["method"] if self._scope["method"] in _METHODS else "OTHER"
        REQUESTS.labels(route=route, method=method, status=str(self._status)).inc()
        REQUEST_SECONDS.labels(route=route).observe(seconds)
        took = round(seconds * 1000, 1)
        _log.info("request", route=route, method=method, status=self._status, took_ms=took)


def _unreadable(scope: Scope) -> Problem | None:
    """Return why a request is not looked at any further, None if it is."""
    path = scope["path"]
    if "\x00" in path:
        return BadInput(_("An address cannot hold the NUL character."))
    if len(path) + len(scope["query_string"]) > LONGEST_ADDRESS:
        return BadInput(_("This address is longer than any of ours."))
    if sum(len(name) + len(text) for name, text in scope["headers"]) > LARGEST_HEADERS:
        return BadInput(_("The headers of this request are too large."))
    if _has_huge_number(path):
        return NotFound(_("There is nothing at this address."))
    return None


def _has_huge_number(path: str) -> bool:
    """Tell whether an address holds a number that is above every number of ours (2^53)."""
    return any(part.isdigit() and len(part) > _LONGEST_NUMBER for part in path.split("/"))


def route_of(scope: Scope) -> str:
    """Return the pattern of the route that answered; addresses themselves hold ids and tokens."""
    route = scope.get("route")
    inside = "" if isinstance(route, Mount) else str(getattr(route, "path", ""))
    return str(scope.get("root_path", "")) + inside or "(none)"
