"""Reading what a phone sends: bounded, unzipped within bounds, every member checked."""

import base64
import binascii
import json
import re
import zlib
from typing import Any, NamedTuple

from starlette.requests import Request

from handstamp.checkin.accept_scans import MOST_FACTS, SentLog
from handstamp.checkin.claim_entry import ClaimAsked
from handstamp.checkin.list_changes import Cursor
from handstamp.checkin.open_claims import ASK, Place
from handstamp.checkin.wire import NO_HASH
from handstamp.plumbing.errors import BadInput, TooLarge
from handstamp.plumbing.texts import _

MOST_BYTES = 4 << 20
MOST_UNZIPPED = 16 << 20
MOST_LOGS = 64
MOST_STATUS = 8_000
MOST_CERTIFICATES = 16
MOST_UNUSED = 200
NUMBER_LIMIT = 1 << 53


class SyncRequest(NamedTuple):
    """One exchange as it came; times in ms."""

    cursor: Cursor | None
    logs: tuple[SentLog, ...]
    certificates: tuple[str, ...]
    clock: int | None
    status: dict[str, Any]
    release: str = ""
    claims_unused: tuple[ClaimAsked, ...] = ()

    @property
    def pending(self) -> int:
        """How many facts the phone says it has not handed in."""
        pending = self.status.get("pending")
        return min(pending, NUMBER_LIMIT) if type(pending) is int and pending > 0 else 0

    @property
    def build(self) -> str:
        """The app's build, as it calls itself."""
        build = self.status.get("build")
        return build[:80].encode(errors="replace").decode() if isinstance(build, str) else ""


async def read_body(request: Request) -> bytes:
    """Return the request's body, unzipped if it says gzip.

    Raises:
        TooLarge: more than 4 MiB came, or more than 16 MiB unzipped.
        BadInput: it is not the gzip it says it is, or another encoding.
    """
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > MOST_BYTES:
            raise TooLarge(_("An exchange has at most 4 MiB. Send fewer facts at once."))
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return bytes(chunks)
    if encoding != "gzip":
        raise BadInput(_("Content-Encoding must be gzip or absent."))
    return _unzip(bytes(chunks))


def _unzip(body: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(body, MOST_UNZIPPED)
    except zlib.error as error:
        raise BadInput(_("The body is not gzip.")) from error
    if reader.unconsumed_tail:
        raise TooLarge(_("An exchange has at most 16 MiB unzipped."))
    if not reader.eof or reader.unused_data:
        raise BadInput(_("The body is not one whole gzip stream."))
    return plain


def read_sync(body: bytes) -> SyncRequest:
    """Read the members of an exchange; unknown ones are ignored (R43).

    Raises:
        BadInput: it is not JSON of that shape; `errors` says where.
        TooLarge: more than 1,000 facts or 64 logs at once.
    """
    try:
        members = json.loads(body.decode(), parse_constant=_refuse_constant)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError) as error:
        raise BadInput(_("The body is not valid JSON.")) from error
    if not isinstance(members, dict):
        raise BadInput(_("The body must be a JSON object."))
    logs = _logs(members.get("logs", []))
    clock = members.get("clock")
    if clock is not None:
        clock = _integer(clock, "clock", least=0)
    cursor = members.get("cursor")
    if cursor is not None and not isinstance(cursor, dict):
        raise _wrong("cursor", "must be an object or null")
    return SyncRequest(
        cursor=Cursor.from_json(cursor) if cursor is not None else None,
        logs=logs,
        certificates=_certificates(members.get("certificates", [])),
        clock=clock,
        status=_status(members.get("status", {})),
        release=_key_id(members.get("release", "")),
        claims_unused=_unused(members.get("claims_unused", [])),
    )


def _unused(sent: Any) -> tuple[ClaimAsked, ...]:
    if not isinstance(sent, list):
        raise _wrong("claims_unused", "must be a list")
    if len(sent) > MOST_UNUSED:
        raise TooLarge(_("At most %(most)d unused claims at once.") % {"most": MOST_UNUSED})
    return tuple(_claim(claim, f"claims_unused.{index}") for index, claim in enumerate(sent))


def _claim(sent: Any, where: str) -> ClaimAsked:
    if not isinstance(sent, dict):
        raise _wrong(where, "must be an object")
    ask = sent.get("id")
    if not isinstance(ask, str) or not re.fullmatch(ASK, ask):
        raise _wrong(f"{where}.id", "must be 16 to 64 letters, digits, _ or -")
    place = Place(
        _integer(sent.get("list"), f"{where}.list", least=1, below=256),
        _integer(sent.get("serial"), f"{where}.serial", least=0, below=1 << 40),
        _integer(sent.get("epoch"), f"{where}.epoch", least=1, below=256),
    )
    return ClaimAsked(place, ask)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _logs(sent: Any) -> tuple[SentLog, ...]:
    if not isinstance(sent, list):
        raise _wrong("logs", "must be a list")
    if len(sent) > MOST_LOGS:
        raise TooLarge(_("At most %(most)d logs at once.") % {"most": MOST_LOGS})
    logs = tuple(_log(log, f"logs.{index}") for index, log in enumerate(sent))
    if sum(len(log.facts) for log in logs) > MOST_FACTS:
        raise TooLarge(_("At most %(most)d facts at once.") % {"most": MOST_FACTS})
    return logs


def _log(sent: Any, where: str) -> SentLog:
    if not isinstance(sent, dict):
        raise _wrong(where, "must be an object")
    facts = sent.get("facts", [])
    if not isinstance(facts, list):
        raise _wrong(f"{where}.facts", "must be a list")
    if len(facts) > MOST_FACTS:
        raise TooLarge(_("At most %(most)d facts at once.") % {"most": MOST_FACTS})
    log = SentLog(
        device=_integer(sent.get("device"), f"{where}.device", least=1, below=1 << 48),
        first=_integer(sent.get("from", 1), f"{where}.from", least=1),
        facts=tuple(_bytes(fact, f"{where}.facts.{index}") for index, fact in enumerate(facts)),
        signature=_bytes(sent.get("signature", ""), f"{where}.signature") if facts else b"",
    )
    return log if facts else _with_head(log, sent)


def _with_head(log: SentLog, sent: dict[str, Any]) -> SentLog:
    """Read the signed head of a log without facts; what cannot be read is as if not sent."""
    try:
        head = _integer(sent.get("head"), "head", least=1)
        hash_ = _bytes(sent.get("head_hash"), "head_hash")
        signature = _bytes(sent.get("signature"), "signature")
    except BadInput:
        return log
    if len(hash_) != len(NO_HASH):
        return log
    return log._replace(head=head, head_hash=hash_, signature=signature)


def _certificates(sent: Any) -> tuple[str, ...]:
    if not isinstance(sent, list) or not all(isinstance(text, str) for text in sent):
        raise _wrong("certificates", "must be a list of texts")
    if len(sent) > MOST_CERTIFICATES:
        raise TooLarge(_("At most %(most)d certificates at once.") % {"most": MOST_CERTIFICATES})
    return tuple(sent)


def _status(sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise _wrong("status", "must be an object")
    try:
        text = json.dumps(sent, allow_nan=False)
    except ValueError as error:
        raise _wrong("status", "must hold numbers that are in range") from error
    if len(text) > MOST_STATUS:
        raise TooLarge(_("A status has at most 8,000 characters."))
    if "\\u0000" in text:
        raise _wrong("status", "must not contain the NUL character")
    return {name: _shown(value) for name, value in sent.items()}


def _key_id(sent: Any) -> str:
    if not isinstance(sent, str):
        raise _wrong("release", "must be a text")
    return sent


def _shown(value: Any) -> Any:
    """Replace halves of surrogate pairs, which no page can show."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _integer(value: Any, where: str, *, least: int, below: int = NUMBER_LIMIT) -> int:
    if type(value) is not int or not least <= value < below:
        raise _wrong(where, f"must be a whole number, {least} or more and below {below}")
    return value


def _bytes(value: Any, where: str) -> bytes:
    if not isinstance(value, str):
        raise _wrong(where, "must be base64")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong(where, "must be base64") from error


def _wrong(where: str, message: str) -> BadInput:
    return BadInput(f"{where}: {message}.", errors=[{"field": where, "message": message}])
