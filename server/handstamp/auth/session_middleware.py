"""Find out who makes a request, and refuse writes that another site sends with our cookie."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from handstamp.auth.sessions import COOKIE, PREFIX, find_actor
from handstamp.plumbing.errors import Forbidden, problem_response
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import NOBODY, Actor, Services

_SAFE = {"GET", "HEAD", "OPTIONS"}


class SessionMiddleware:
    """Sets `state.actor`, and `state.session_token` where there is a session.

    A session comes in the cookie `hs_session` or as `Authorization: Bearer hs_session_…`.
    """

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self.app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        ip = request.client.host if request.client else ""
        token, by_cookie = session_token(request)
        who = await find_actor(self._services, token, ip) if token else NOBODY
        if who is NOBODY:
            who = Actor(ip=ip)
        elif by_cookie and self._is_foreign(request):
            if scope["type"] == "http":
                refusal = Forbidden(_("This request did not come from a page of this server."))
                await problem_response(refusal)(scope, receive, send)
                return
            who, token = Actor(ip=ip), ""
        request.state.actor = who
        request.state.session_token = token
        await self.app(scope, receive, send)

    def _is_foreign(self, request: HTTPConnection) -> bool:
        """Tell whether a write to the API, or a WebSocket, lacks proof that our page made it."""
        reads = request.scope.get("method") in _SAFE or not is_api(request.scope)
        if request.scope["type"] == "http" and reads:
            return False
        origin = request.headers.get("origin")
        if origin is not None:
            own = {_origin(self._services.settings.public_url), _origin(str(request.base_url))}
            return origin not in own
        return request.headers.get("sec-fetch-site") != "same-origin"


def session_token(request: HTTPConnection) -> tuple[str, bool]:
    """Return the session token of a request ("" for none) and whether a cookie brought it."""
    scheme, _space, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.startswith(PREFIX):
        return value, False
    cookie = request.cookies.get(COOKIE, "")
    return (cookie, True) if cookie.startswith(PREFIX) else ("", False)


def is_api(scope: Scope) -> bool:
    """Tell whether an address belongs to the API, also when mounted below another site's path."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).startswith("/api/")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
