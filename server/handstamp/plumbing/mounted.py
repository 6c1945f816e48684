"""The outermost layer: lets the application stand in another ASGI site, also below a path.

Inside, every address begins with /tickets or /api/tickets. What stands before that outside is
taken off on the way in and put back on the way out: into redirects, the paths of cookies, and
the links of pages. The site's own session and state are out of reach, as ours are for the site.
"""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handstamp.plumbing.config import Settings

_OWN = ("/api/tickets", "/tickets")
# Quotes in texts are escaped. What a field holds comes back to us, and stays as we know it.
_LINK = re.compile(rb'(?<! value)(=")(/(?:api/)?tickets(?=[/"?#]))')
_TARGET = re.compile(r"/(?:api/)?tickets(?=[/?#]|$)")
_COOKIE_PATH = re.compile(r"(;\s*path=)(/(?:api/)?tickets)", re.I)


class Mounted:
    """Makes the scope our own, and the answer the site's.

    Where the site says nothing (`root_path`), the path of the public address is what stands
    before: so it is behind a proxy that takes a path off.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._public = public_path(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):  # the lifespan has no path
            await self.app(scope, receive, send)
            return
        before, path = place(scope, self._public)
        own = {**scope, "path": path, "root_path": "", "path_params": {}}
        own["state"] = {}
        for name in ("session", "app_root_path", "route", "endpoint", "router"):
            own.pop(name, None)
        if before and scope["type"] == "http":
            send = _Outward(before, Headers(scope=scope).get("host", ""), send)
        await self.app(own, receive, send)


def public_path(settings: Settings) -> str:
    """Return what stands before our addresses outside (`/club` or ""), as the settings say it.

    Answers in JSON are not read through on their way out: what tells an address in one puts
    this before it.
    """
    return urlsplit(settings.public_url).path.rstrip("/")


def place(scope: Scope, public: str = "") -> tuple[str, str]:
    """Return what stands before our addresses (`/club` or ""), and the address as we know it.

    Servers name the mount in `root_path`, and repeat it in `path` or leave it out.
    """
    root, path = str(scope.get("root_path", "")).rstrip("/"), str(scope["path"])
    whole = path if path == root or path.startswith(f"{root}/") else root + path
    before = root
    for own in _OWN:
        if root.endswith(own):
            before = root.removesuffix(own)
            break
    before = before or public
    return before, whole.removeprefix(before) if whole.startswith(f"{before}/") else whole


class _Outward:
    """Sends an answer with what stands before our addresses put into it."""

    def __init__(self, before: str, host: str, send: Send) -> None:
        self._before, self._host, self._send = before, host, send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            self._redirect(headers)
            self._cookies(message)
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._page(self._start)
            return
        await self._send(message)

    async def _page(self, start: Message) -> None:
        before = self._before.encode()
        body = _LINK.sub(lambda found: found[1] + before + found[2], self._body)
        headers = MutableHeaders(scope=start)
        if self._body:
            headers["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    def _redirect(self, headers: MutableHeaders) -> None:
        target = headers.get("location", "")
        parts = urlsplit(target)
        if _TARGET.match(parts.path) and parts.netloc in ("", self._host):
            headers["location"] = parts._replace(path=self._before + parts.path).geturl()

    def _cookies(self, message: Message) -> None:
        message["headers"] = [
            (name, self._moved(value) if name.lower() == b"set-cookie" else value)
            for name, value in message.get("headers", [])
        ]

    def _moved(self, value: bytes) -> bytes:
        text = value.decode("latin-1")
        moved = _COOKIE_PATH.sub(lambda found: found[1] + self._before + found[2], text)
        return moved.encode("latin-1")
