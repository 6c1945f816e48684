"""The cookie and the token that tie every posted form to the page it came from."""

from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_wtf import CSRFProtectMiddleware

from handstamp.kit.clock import HOUR, SECOND
from handstamp.kit.signing import derive
from handstamp.plumbing.web import Services

_FORM_LIFE_S = 24 * HOUR // SECOND


class FormGuard:
    """Middleware of all portal pages: a signed page cookie, and CSRF tokens inside it.

    Sign-in itself is elsewhere (a revocable row); this cookie only holds the token's seed and
    the notice to be shown on the next page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._guarded: dict[int, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services: Services = scope["app"].state.services
        guarded = self._guarded.get(id(services))
        if guarded is None:
            guarded = self._guarded[id(services)] = self._build(services)
        await guarded(scope, receive, send)

    def _build(self, services: Services) -> ASGIApp:
        settings = services.settings
        secret = derive(settings.secret_bytes(), "portal/forms").hex()
        csrf = CSRFProtectMiddleware(self.app, csrf_secret=secret, csrf_time_limit=_FORM_LIFE_S)
        return SessionMiddleware(
            csrf,
            secret_key=secret,
            session_cookie="hs_page",
            max_age=_FORM_LIFE_S,
            path="/tickets",
            https_only=settings.public_url.startswith("https://"),
        )
