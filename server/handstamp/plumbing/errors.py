"""What can go wrong with a request, as one tree; the handler makes problem+json (RFC 9457).

Problem
├── BadInput        400  the request cannot be understood; `errors` says where
├── Unauthenticated 401  nobody is signed in, or the credential is unknown
├── Forbidden       403  somebody is signed in who may not
├── NotFound        404  also what belongs to another organizer
├── Conflict        409  the state has moved on, or an Idempotency-Key met another body
├── Gone            410  a code that was used or has expired
├── TooLarge        413
├── TooMany         429  `retry_after` in seconds
├── SwitchedOff     503  a feature flag is off; new work only
└── Unavailable     503  something here failed just now; `retry_after` in seconds
"""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Problem(Exception):
    """A refusal of a broken request: status, a plain-words detail, and where it is wrong."""

    status = 500
    title = "Something went wrong"

    def __init__(
        self,
        detail: str,
        *,
        code: str = "",
        errors: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).__name__
        self.errors = list(errors)
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """Return the problem+json members."""
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors:
            members["errors"] = self.errors
        return members


class BadInput(Problem):
    """The request cannot be understood."""

    status, title = 400, "That could not be understood"


class Unauthenticated(Problem):
    """Nobody is signed in, or the credential is unknown, revoked or expired."""

    status, title = 401, "Sign in first"


class Forbidden(Problem):
    """Signed in, but not allowed."""

    status, title = 403, "Not allowed"


class NotFound(Problem):
    """Nothing there that this caller may see."""

    status, title = 404, "Not found"


class Conflict(Problem):
    """The state has moved on since the caller looked."""

    status, title = 409, "That no longer fits"


class Gone(Problem):
    """A code that was used or has expired."""

    status, title = 410, "No longer valid"


class TooLarge(Problem):
    """A body, file or list over its documented limit."""

    status, title = 413, "Too large"


class TooMany(Problem):
    """A rate limit was met."""

    status, title = 429, "Too many tries"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class SwitchedOff(Problem):
    """A feature flag is off: new work is refused."""

    status, title = 503, "Switched off"


class Unavailable(Problem):
    """A part of the server failed just now; the same request may succeed a moment later."""

    status, title = 503, "Not at the moment"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


def problem_response(problem: Problem) -> JSONResponse:
    """Make the problem+json answer of a refusal."""
    return JSONResponse(
        problem.body(),
        status_code=problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


async def handle_problem(_request: Request, error: Exception) -> Response:
    """Starlette's exception handler for the whole tree."""
    assert isinstance(error, Problem)
    return problem_response(error)
