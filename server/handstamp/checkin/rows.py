"""Tickets and facts as they are fed: one flat row each."""

import base64
import binascii
from typing import Any, NamedTuple

Ref = tuple[int, int, int]

SCANNED, PROVEN, BACKED, AFTER_END, ALLOWED, TIMELY = 1, 2, 4, 8, 16, 32
CODE_BYTES = 8


class TicketRow(NamedTuple):
    """A ticket as it is fed (R35); status by the codes of R30.

    `code`: digest of its code from elsewhere (R46), 8 bytes; empty when it has none. `note`: what
    a steward reads before admitting (R62).
    """

    serial: int
    tier: int
    status: int
    epoch: int
    name: str
    email: str
    order: str
    code: bytes = b""
    note: str = ""

    def to_json(self) -> list[Any]:
        """Return the row as a JSON array; it ends early when there is no note, and no code."""
        code = base64.b64encode(self.code).decode() if self.code else None
        if self.note:
            return [*self[:7], code, self.note]
        return [*self[:7], code] if code else [*self[:7]]

    @classmethod
    def from_json(cls, row: list[Any]) -> "TicketRow":
        """Read a JSON array; members that a newer side added at the end are ignored."""
        code = _code(row[7]) if len(row) > 7 else b""
        note = row[8] if len(row) > 8 and isinstance(row[8], str) else ""
        return cls._make([*row[:7], code, note])


class FactRow(NamedTuple):
    """A fact as it is fed (R36); `time` is the effective time in ms."""

    device: int
    number: int
    tag: int
    kind: int
    list_no: int
    rule_rev: int
    serial: int
    epoch: int
    how: int
    flags: int
    time: int
    seen: tuple[Ref, ...]
    target: Ref | None

    def to_json(self) -> list[Any]:
        """Return the row as a JSON array."""
        seen = [[*ref] for ref in self.seen]
        return [*self[:11], seen, None if self.target is None else [*self.target]]

    @classmethod
    def from_json(cls, row: list[Any]) -> "FactRow":
        """Read a JSON array; members that a newer side added at the end are ignored."""
        seen = tuple(_ref(ref) for ref in row[11])
        return cls._make([*row[:11], seen, None if row[12] is None else _ref(row[12])])


def _code(member: Any) -> bytes:
    try:
        code = base64.b64decode(member, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return b""
    return code if len(code) == CODE_BYTES else b""


def _ref(members: list[int]) -> Ref:
    device, number, tag = members
    return (device, number, tag)
