"""Put the session's token into the browser, and take it out again."""

from starlette.responses import Response

from handstamp.auth.sessions import COOKIE, LIFE
from handstamp.kit.clock import SECOND
from handstamp.plumbing.config import Settings


def set_session_cookie(response: Response, settings: Settings, token: str) -> None:
    """Keep the token where no script and no other site can read it."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=LIFE // SECOND,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.public_url.startswith("https://"),
    )


def clear_session_cookie(response: Response) -> None:
    """Make the browser forget the token."""
    response.delete_cookie(COOKIE, path="/")
