"""What an exchange looks like in the OpenAPI document; clauses R31 to R41 say what it means."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from handstamp.checkin.open_claims import ASK
from handstamp.plumbing.api import JSON_LIMIT

_DEVICE = Field(ge=1, lt=1 << 48)
_NUMBER = Field(ge=1, lt=JSON_LIMIT)
_BASE64 = Field(pattern=r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$")


class FeedCursor(BaseModel):
    """A place in an event's feed (R31)."""

    feed: str = Field(max_length=80)
    seq: int = Field(ge=0, lt=JSON_LIMIT)
    digest: str = Field(max_length=80)


class HandedInLog(BaseModel):
    """A piece of one device's log: facts `from`, `from` + 1, … and the signature over its end."""

    device: int = _DEVICE
    from_: int = Field(alias="from", ge=1, lt=JSON_LIMIT)
    facts: list[str] = Field(max_length=1_000)
    head: int = _NUMBER
    head_hash: str = _BASE64
    signature: str = _BASE64


class UnusedClaim(BaseModel):
    """A question of strict mode whose answer the phone did not use (R65)."""

    list: int = Field(ge=1, le=255)
    serial: int = Field(ge=0, lt=1 << 40)
    epoch: int = Field(ge=1, le=255)
    id: str = Field(pattern=ASK)


class ExchangeRequest(BaseModel):
    """What a phone sends: its place in the feed, its logs, its clock in ms UTC, its state."""

    protocol: int = Field(ge=1, lt=JSON_LIMIT)
    cursor: FeedCursor | None
    logs: list[HandedInLog] = Field(max_length=64)
    certificates: list[str] = Field(default=[], max_length=16)
    clock: int = Field(ge=0, lt=JSON_LIMIT)
    status: dict[str, Any] = {}
    claims_unused: list[UnusedClaim] = Field(default=[], max_length=200)
    release: str = Field(default="", max_length=80)


class Acknowledged(BaseModel):
    """What the server holds of a log: its head, and [number, tag, stamp] of each fact sent."""

    device: int
    to: int
    hash: str
    stamps: list[list[int]]
    fork: bool
    error: str = ""


class ListRelease(BaseModel):
    """When the phone may read its list, ms UTC (R49); `key` for one that may and lacks it."""

    id: str
    from_: int = Field(alias="from")
    until: int
    key: str | None = None


class ExchangeAnswer(BaseModel):
    """What a phone gets: acknowledgements, changes or a reset (R34, R35), its standing (R41)."""

    protocol: int
    server_time: int
    standing: Literal["active", "revoked", "expired", "repair", "unknown"]
    acks: list[Acknowledged]
    reset: bool
    changes: dict[str, Any] | None
    release: ListRelease | None
    unheard: int | None = Field(default=None, ge=0)
