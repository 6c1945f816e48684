"""The secret in links that are mailed to those who wait."""

from handstamp.kit.signing import derive, keyed_hash
from handstamp.plumbing.config import Settings
from handstamp.waitlist.models import Waiting

PREFIX = "hs_wait_"


def secret_of(settings: Settings, waiting: Waiting) -> str:
    """Return the secret of a place and its address; another address, another secret."""
    key = derive(settings.secret_bytes(), "waiting list links")
    return PREFIX + keyed_hash(key, f"{waiting.id}\n{waiting.email}")[:40]


def page_of(settings: Settings, waiting_id: str) -> str:
    """Return the address of somebody's page, for a browser that may see it anyway."""
    return f"{settings.public_url}/tickets/waiting/{waiting_id}"


def link_for(settings: Settings, waiting: Waiting) -> str:
    """Return the address that opens somebody's page without signing in; for their mail alone."""
    return f"{page_of(settings, waiting.id)}?key={secret_of(settings, waiting)}"
