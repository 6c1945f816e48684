"""Headers that keep browsers strict; a page that set its own keeps them."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handstamp.plumbing.config import Settings

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_DOOR_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; "
    "connect-src 'self' {socket}; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_YEAR_S = 365 * 24 * 3600


def door_policy(settings: Settings) -> str:
    """Return the content policy of the door app: nothing but our own files, no inline script.

    The decoder is WebAssembly, and older Safaris want the WebSocket's address spelled out.
    """
    public = urlsplit(settings.public_url)
    socket = ("wss" if public.scheme == "https" else "ws") + f"://{public.netloc}"
    return _DOOR_POLICY.format(socket=socket)


class SafeHeadersMiddleware:
    """Adds to every answer what it does not say itself."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._defaults = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Content-Security-Policy": API_POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            "X-Frame-Options": "DENY",
        }
        if settings.public_url.startswith("https://"):
            self._defaults["Strict-Transport-Security"] = f"max-age={_YEAR_S}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._defaults.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, complete if scope["type"] == "http" else send)
