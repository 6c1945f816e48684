"""What Stripe answers when it does not do as asked."""

from typing import Any

Obj = dict[str, Any]


class Problem(Exception):
    """An answer other than 200.

    Args:
        status: of HTTP.
        error: the members of Stripe's `error`.
        stored: the call had begun, so its idempotency key keeps this answer.
    """

    def __init__(self, status: int, error: Obj, *, stored: bool) -> None:
        super().__init__(error.get("message", ""))
        self.status = status
        self.error = error
        self.stored = stored


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Problem:
    """Return the 400 of parameters that cannot be (nothing began)."""
    return _problem(400, message, param=param, code=code, stored=False)


def refused(message: str, *, param: str | None = None, code: str | None = None) -> Problem:
    """Return the 400 of a call that began and met a state it cannot work in."""
    return _problem(400, message, param=param, code=code, stored=True)


def missing(kind: str, identifier: str, *, param: str = "id") -> Problem:
    """Return the 404 of an object that this account does not have."""
    message = f"No such {kind}: '{identifier}'"
    return _problem(404, message, param=param, code="resource_missing", stored=False)


def _problem(
    status: int, message: str, *, param: str | None, code: str | None, stored: bool
) -> Problem:
    error: Obj = {"type": "invalid_request_error", "message": message}
    if param is not None:
        error["param"] = param
    if code is not None:
        error["code"] = code
    return Problem(status, error, stored=stored)
