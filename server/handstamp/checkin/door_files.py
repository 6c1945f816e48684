"""The door app's files under `/tickets/checkin/`: what is debugged is what ships."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from handstamp.plumbing.safe_headers import door_policy
from handstamp.plumbing.web import require_scanning, services

PWA = Path(__file__).resolve().parents[3] / "pwa"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}


class DoorFiles(StaticFiles):
    """Static files with the door's headers; unit tests and notes are not served."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file, or refuse while scanning is switched off."""
        request = Request(scope)
        require_scanning(request)
        policy = door_policy(services(request).settings)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message, policy)
            await send(message)

        await super().__call__(scope, receive, send_with_headers)

    def lookup_path(self, path: str) -> Any:
        """Find a file below the app's folder, never one of its tests or types."""
        if Path(path).parts[:1] in (("test",), ("types",)):
            return "", None
        return super().lookup_path(path)


def _add_headers(message: MutableMapping[str, Any], policy: str) -> None:
    every = {**_HEADERS, "Content-Security-Policy": policy}
    headers = [(name.lower().encode(), value.encode()) for name, value in every.items()]
    known = {name for name, _ in headers}
    message["headers"] = [pair for pair in message["headers"] if pair[0] not in known] + headers


async def to_door_app(_request: Request) -> RedirectResponse:
    """Send the address without its last slash to the one with it: the worker's scope."""
    return RedirectResponse("/tickets/checkin/", 308)


routes: list[BaseRoute] = [
    Route("/tickets/checkin", to_door_app, methods=["GET"]),
    Mount("/tickets/checkin", DoorFiles(directory=PWA, html=True)),
]
