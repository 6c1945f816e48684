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


def place_of(text: str) -> tuple[int, str] | None:
    """Read where a page ended, as `place_text` wrote it; None where it is none of ours."""
    at, _colon, last = text.partition(":")
    known = at.isascii() and at.isdigit() and len(at) < 17 and last.isprintable()
    return (int(at), last) if known else None


def place_text(at: int, last: str) -> str:
    """Write where a page ended: the time (ms UTC) and the id of its last row."""
    return f"{at}:{last}"
