"""The chain over the audit log: what is hashed of an entry, what the server signs (R69). Pure."""

import hashlib
import json
from typing import Any, NamedTuple

ENTRY_CONTEXT = b"handstamp/audit-entry/1\0"
ADDRESS_CONTEXT = b"handstamp/audit-address/1\0"
MARK_CONTEXT = b"handstamp/audit-mark/1\0"
FIRST_HASH = bytes(32)
SALT_BYTES = 16


class Said(NamedTuple):
    """What an entry says, without the address from where; `at` in ms UTC."""

    id: int
    actor_type: str
    actor_id: str
    action: str
    target_type: str
    target_id: str
    organizer_id: str | None
    meta_json: str
    at: int


def address_digest(salt: bytes, address: str) -> bytes:
    """Return what stands for a network address in the chain; without the salt it tells nothing."""
    return hashlib.sha256(ADDRESS_CONTEXT + salt + address.encode()).digest()


def entry_hash(previous: bytes, number: int, said: Said, address: bytes) -> bytes:
    """Return the hash of the entry with this number; `address` is its digest, empty for none."""
    members: list[Any] = [number, *said, address.hex()]
    text = json.dumps(members, separators=(",", ":"))
    return hashlib.sha256(ENTRY_CONTEXT + previous + text.encode()).digest()


def mark_message(number: int, hash_: bytes) -> bytes:
    """Return what the server's key signs: the chain up to this entry."""
    return MARK_CONTEXT + number.to_bytes(8, "big") + hash_
