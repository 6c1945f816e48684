"""Server-rendered pages: one template environment, one frame, one set of safe headers."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from handstamp.plumbing import local_time, texts
from handstamp.plumbing.web import actor, services

_ASSETS = Path(__file__).parent.parent / "portal" / "static"
_CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


@lru_cache(maxsize=1)
def assets_version() -> str:
    """Return a short digest of every script and style, so that browsers may keep them long."""
    digest = hashlib.sha256()
    for path in sorted(_ASSETS.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def content_policy(also: Mapping[str, str]) -> str:
    """Return what a page may load, run and post to: its own site, and `also` per directive."""
    wider = {name: f"{_CSP.get(name, '')} {sources}".strip() for name, sources in also.items()}
    return "; ".join(f"{name} {sources}" for name, sources in {**_CSP, **wider}.items())


def page_headers(*, foreign_images: bool = False, private: bool = True) -> dict[str, str]:
    """Return the headers of every page: no inline script, no framing, nothing kept by caches."""
    return {
        "Content-Security-Policy": content_policy({"img-src": "https:"} if foreign_images else {}),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store" if private else "no-cache",
    }


class Pages:
    """The templates of one room, over the frame that all rooms share.

    Args:
        package: the room's package; its `templates` folder is searched first.
        foreign_images: pages may show pictures from other sites (https only).
    """

    def __init__(self, package: str, *, foreign_images: bool = False, private: bool = True) -> None:
        self._headers = page_headers(foreign_images=foreign_images, private=private)
        self.env = Environment(
            loader=ChoiceLoader(
                [PackageLoader(package, "templates"), PackageLoader(__package__, "layout")]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        texts.install(self.env)
        self.env.filters.update(
            day_and_time=local_time.day_and_time,
            day=local_time.day,
            clock_time=local_time.clock_time,
            day_number=local_time.day_number,
            month_name=local_time.month_name,
            zone_note=local_time.zone_note,
            number=_number,
        )
        self.env.globals.update(
            span=local_time.span, assets_version=assets_version, direction=texts.direction
        )

    def text(self, request: Request, name: str, **values: Any) -> str:
        """Render a template to text; it sees the request, who asks, the settings and the time."""
        shared = services(request)
        return self.env.get_template(name).render(
            request=request,
            actor=actor(request),
            settings=shared.settings,
            now=shared.clock(),
            **values,
        )

    def answer(
        self, request: Request, name: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Render a template as the answer to a request."""
        return HTMLResponse(self.text(request, name, **values), status, headers=self._headers)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")
