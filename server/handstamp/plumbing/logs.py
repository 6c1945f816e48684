"""Structured logs: one JSON object a line, with the request's id and without personal data."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

# Every part is bounded (RFC 5321 section 4.5.3.1), or a long text takes time by its square.
_EMAIL = re.compile(r"[\w.+\-']{1,64}(?:@|%40)[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,126}")
_SECRET = re.compile(
    r"hs_session_[\w\-]+"  # sessions
    r"|\bHS[0-9A-HJKMNP-TV-Z]{120}\b"  # tickets
    r"|\beyJ[\w\-]{1,2000}\.[\w\-]{1,2000}\.[\w\-]+"  # device credentials and certificates
    r"|\bhs_[a-z]+_[\w\-]{16,}"  # other keys of ours
    r"|(?<=token=)[^&\s\"']+"
    r"|(?<=pair=)[^&\s\"']+"
)
_NAMES = {"email", "to", "to_email", "password", "token", "code", "authorization", "cookie"}
# They log values of rows, or addresses that are secrets themselves.
_TALKATIVE = ("aiosqlite", "sqlalchemy", "psycopg", "asyncio", "httpx", "httpx2", "httpcore")
HIDDEN = "[hidden]"
LONGEST = 8_000
_LAST_WORD = re.compile(r"[^\s&]*\Z")

Event = MutableMapping[str, Any]


def scrub_text(text: str) -> str:
    """Hide what looks like an e-mail address or a secret; a very long text is cut."""
    if len(text) > LONGEST:
        # Half a secret at the cut would not be known as one.
        text = text[: LONGEST - 500] + _LAST_WORD.sub("", text[LONGEST - 500 : LONGEST]) + "…"
    return _SECRET.sub(HIDDEN, _EMAIL.sub(HIDDEN, text))


def scrub(_logger: Any, _method: str, event: Event) -> Event:
    """Hide personal data in every field, whoever logged it: a net below careful callers."""
    return {key: _scrubbed(key, value) for key, value in event.items()}


def _scrubbed(key: str, value: Any) -> Any:
    if key in _NAMES:
        return HIDDEN
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, dict):
        return {name: _scrubbed(name, member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed("", member) for member in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub_text(str(value))


def describe_errors(_logger: Any, _method: str, event: Event) -> Event:
    """Turn a traceback into type and places; messages of exceptions may hold personal data."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(places_of(error))
    return event


def places_of(error: BaseException) -> dict[str, Any]:
    """Return an error's type and the places it passed, without a value of any variable.

    Handstamp mounted into another site logs by that site's settings, which may print locals.
    """
    frames = traceback.extract_tb(error.__traceback__)
    at = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "at": at}


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send our logs and those of the libraries to `stream` (standard error) as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_errors,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                scrub,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = name != "uvicorn.access"
