"""The cookie and the token that tie every posted form to the page it came from."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData, UploadFile
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_wtf import CSRFError, CSRFProtectMiddleware, csrf_protect

from handstamp.kit.clock import HOUR, SECOND
from handstamp.kit.signing import derive
from handstamp.kit.typed_text import with_line_feeds
from handstamp.plumbing.api import check_text
from handstamp.plumbing.errors import BadInput, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

Handler = Callable[[Request], Awaitable[Response]]
_FORM_LIFE_S = 24 * HOUR // SECOND


class StaleForm(Problem):
    """A form without the token of a page that this server made for this browser."""

    status, title = 403, "The form has expired"


class FormGuard:
    """Middleware of all pages with forms: a signed page cookie, and CSRF tokens inside it.

    Sign-in itself is elsewhere (a revocable row); this cookie only holds the token's seed and
    what one page leaves for the next.
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


def guarded(handler: Handler) -> Handler:
    """Let a page's handler see only forms of our own pages, and only text that is text.

    Lines that were typed end in "\\n", however the browser sent them. The returned handler raises
    BadInput or StaleForm otherwise.
    """
    protected: Handler = csrf_protect(handler)

    async def answer(request: Request) -> Response:
        try:
            await _check_texts(request)
            await _end_lines(request)
            return await protected(request)
        except CSRFError as error:
            raise StaleForm(
                _("This page was open for too long, or cookies are blocked. Load it again.")
            ) from error
        finally:
            await request.close()

    return answer


async def _check_texts(request: Request) -> None:
    """Refuse what no database can store before any handler meets it."""
    try:
        sent: list[tuple[str, UploadFile | str]] = [*request.query_params.multi_items()]
        if request.method == "POST":
            sent += (await request.form()).multi_items()
        for name, value in sent:
            check_text(name + (value if isinstance(value, str) else value.filename or ""))
    except ValueError as error:
        raise BadInput(_("The form holds text that is no text.")) from error


async def _end_lines(request: Request) -> None:
    """Have every handler read lines as they are stored: browsers send "\\r\\n" from a textarea."""
    if request.method == "POST":
        sent = (await request.form()).multi_items()
        request._form = FormData(  # where Starlette keeps what `form()` answers from then on
            [
                (name, value if isinstance(value, UploadFile) else with_line_feeds(value))
                for name, value in sent
            ]
        )
