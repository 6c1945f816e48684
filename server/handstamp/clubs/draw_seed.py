"""A draw's seed: promised by its commitment when an event is offered, sealed until the draw."""

import os

from handstamp.clubs.models import ClubEvent
from handstamp.clubs.rules import draw_commitment
from handstamp.kit.signing import derive, seal, unseal
from handstamp.plumbing.web import Services


def promise(services: Services, terms: ClubEvent, seed: bytes) -> tuple[str, bytes]:
    """Return the commitment to a seed, and the seed sealed."""
    return draw_commitment(seed), seal(_key(services), os.urandom(12), seed, _context(terms))


def seed_of(services: Services, terms: ClubEvent) -> bytes:
    """Open a draw's seed.

    Raises:
        ValueError: it was sealed under another secret, or changed.
    """
    assert terms.draw_seed is not None
    return unseal(_key(services), terms.draw_seed, _context(terms))


def _key(services: Services) -> bytes:
    return derive(services.settings.secret_bytes(), "clubs/draw")


def _context(terms: ClubEvent) -> bytes:
    return f"{terms.club_id}/{terms.event_id}".encode()
