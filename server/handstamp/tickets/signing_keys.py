"""The installation's ticket keys: which signs now, which waits, and how one is replaced.

There is one key that signs and one in reserve, already in every snapshot. Replacing takes the
reserve (once it has been published for a day) and publishes a new one, so that no phone with
a list younger than a day meets an unknown key (R39). Private keys are sealed under a key
derived from the installation's secret.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.announce import DOOR_GRACE, announce_unfinished
from handstamp.events.models import Event
from handstamp.kit import signing
from handstamp.kit.clock import DAY, Millis
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.tickets import store
from handstamp.tickets.models import SigningKey
from handstamp.tickets.token import token_message

KEY_IDS = 32
LEAD = DAY
_PURPOSE = "handstamp ticket keys"


@dataclass(frozen=True)
class PublishedKey:
    """What phones are told of a key; `public` is 32 bytes."""

    id: int
    public: bytes
    compromised: bool


class _Opened:
    """Keys unsealed by this process; a class of its own, so that no repr shows them."""

    def __init__(self) -> None:
        self.keys: dict[bytes, bytes] = {}


async def current_key(session: AsyncSession, services: Services) -> SigningKey:
    """Return the key that signs now; the first use makes it and its reserve."""
    key = _signing(await store.keys(session), services.clock())
    if key is not None:
        return key
    await store.lock_keys(session)
    keys = await store.keys(session)
    key = _signing(keys, services.clock())
    if key is not None:
        return key
    now = services.clock()
    key = await _publish(session, services, active_at=now)
    await _publish(session, services, active_at=None)
    await record(session, SYSTEM, "key.create", "signing_key", str(key.key_id))
    await announce_unfinished(session, services)  # phones may have been paired before
    return key


async def all_keys(session: AsyncSession) -> Sequence[SigningKey]:
    """Return every signing key, oldest first."""
    return await store.keys(session)


async def keys_of_event(session: AsyncSession, event: Event) -> list[PublishedKey]:
    """Return the keys that may stand in the event's tickets now or soon, by id.

    A key retired before the event was made signed none of its tickets.
    """
    keys = {
        key.key_id: PublishedKey(key.key_id, key.public, key.compromised_at is not None)
        for key in await store.keys(session)
        if key.retired_at is None or key.retired_at >= event.created_at
    }
    return [keys[key_id] for key_id in sorted(keys)]


async def rotate(
    session: AsyncSession, services: Services, actor: Actor, *, compromised: int | None = None
) -> Sequence[SigningKey]:
    """Replace the signing key by the reserve and publish a new reserve; return all keys.

    The reserve takes over at once, or, if it is younger than a day, when it is a day old.
    `compromised` names a key id that somebody else may know: its tickets count only where
    they are listed (R7), and if it signs now, the reserve takes over at once at any age.

    Raises:
        Conflict: a replacement is under way already, or all 32 ids are in use.
        NotFound: there is no living key with the compromised id.
    """
    await current_key(session, services)
    await store.lock_keys(session)
    keys = await store.keys(session)
    signing_now = cast("SigningKey", _signing(keys, services.clock()))
    if compromised is None:
        await _replace(session, services, keys, signing_now)
    else:
        await _distrust(session, services, keys, signing_now, key_id=compromised)
    await _keep_reserve(session, services)
    await record(
        session,
        actor,
        "key.rotate" if compromised is None else "key.compromised",
        "signing_key",
        str(signing_now.key_id if compromised is None else compromised),
    )
    await announce_unfinished(session, services)
    return await store.keys(session)


def sign_body(services: Services, key: SigningKey, body: bytes) -> bytes:
    """Sign an 11-byte token body; 64 bytes (R4)."""
    return signing.sign(private_of(services, key), token_message(body))


def private_of(services: Services, key: SigningKey) -> bytes:
    """Unseal a key's 32 private bytes.

    Raises:
        ValueError: the installation's secret is another than the one that sealed it.
    """
    opened: _Opened = services.rooms.setdefault("tickets", _Opened())
    if key.public not in opened.keys:
        opened.keys[key.public] = signing.unseal(_sealing_key(services), key.sealed, key.public)
    return opened.keys[key.public]


def _sealing_key(services: Services) -> bytes:
    return signing.derive(services.settings.secret_bytes(), _PURPOSE)


def _signing(keys: Sequence[SigningKey], now: Millis) -> SigningKey | None:
    ready = [key for key in keys if key.active_at is not None and key.active_at <= now]
    return max(ready, key=lambda key: (key.active_at or 0, key.id), default=None)


async def _replace(
    session: AsyncSession, services: Services, keys: Sequence[SigningKey], old: SigningKey
) -> None:
    now = services.clock()
    if any(key.active_at is not None and key.active_at > now for key in keys):
        raise Conflict(_("A new key already waits for its day. Try again once it signs."))
    following = await _reserve(session, services, keys)
    following.active_at = max(now, following.published_at + LEAD)
    old.retired_at = following.active_at
    await session.flush()


async def _distrust(
    session: AsyncSession,
    services: Services,
    keys: Sequence[SigningKey],
    signing_now: SigningKey,
    *,
    key_id: int,
) -> None:
    now = services.clock()
    key = next((key for key in reversed(keys) if key.key_id == key_id), None)
    if key is None:
        raise NotFound(_("There is no ticket key with the id %(id)d.") % {"id": key_id})
    key.compromised_at = key.compromised_at or now
    if key is signing_now:
        following = await _reserve(session, services, keys)
        following.active_at = key.retired_at = now
    elif key.active_at is None or key.active_at > now:
        if key.active_at is not None:
            signing_now.retired_at = None
        key.active_at, key.retired_at = None, key.retired_at or now
    await session.flush()


async def _reserve(
    session: AsyncSession, services: Services, keys: Sequence[SigningKey]
) -> SigningKey:
    waiting = [key for key in keys if _waits(key, services.clock())]
    return waiting[0] if waiting else await _publish(session, services, active_at=None)


async def _keep_reserve(session: AsyncSession, services: Services) -> None:
    keys = await store.keys(session)
    if not any(key.active_at is None and _waits(key, services.clock()) for key in keys):
        await _publish(session, services, active_at=None)


def _waits(key: SigningKey, now: Millis) -> bool:
    ahead = key.active_at is None or key.active_at > now
    return ahead and key.retired_at is None and key.compromised_at is None


async def _publish(
    session: AsyncSession, services: Services, *, active_at: Millis | None
) -> SigningKey:
    private = signing.new_private_key()
    public = signing.public_key(private)
    key = SigningKey(
        key_id=await _free_id(session, services.clock()),
        public=public,
        sealed=signing.seal(_sealing_key(services), secrets.token_bytes(12), private, public),
        published_at=services.clock(),
        active_at=active_at,
    )
    session.add(key)
    await session.flush()
    return key


async def _free_id(session: AsyncSession, now: Millis) -> int:
    oldest = await store.oldest_unfinished(session, now, DOOR_GRACE)
    keys = await store.keys(session)
    used = {
        key.key_id
        for key in keys
        if key.retired_at is None or (oldest is not None and key.retired_at >= oldest)
    }
    last = keys[-1].key_id if keys else -1
    for step in range(1, KEY_IDS + 1):
        if (last + step) % KEY_IDS not in used:
            return (last + step) % KEY_IDS
    raise Conflict(_("All 32 key ids are in use by events that are not over yet."))
