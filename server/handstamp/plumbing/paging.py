"""Links that keep the search of a page and move its place."""

from urllib.parse import urlencode

from starlette.requests import Request


def link(request: Request, **changes: str | int | None) -> str:
    """Return the present address with some query members changed; None takes one out."""
    members = {name: value for name, value in request.query_params.items() if value}
    for name, value in changes.items():
        if value is None:
            members.pop(name, None)
        else:
            members[name] = str(value)
    return request.url.path + (f"?{urlencode(members)}" if members else "")


def number_in(request: Request, name: str) -> int:
    """Read a place in a list from the query; 0 when it is absent or no number."""
    return number_of(request.query_params.get(name, ""))


def number_of(text: str) -> int:
    """Read a number that people do not type; 0 when it is none of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
