"""The keyed hash by which an erased address is known again; without the secret it says nothing."""

from handstamp.kit.signing import derive, keyed_hash
from handstamp.plumbing.config import Settings

_PURPOSE = "privacy/erasures"


def email_hash(settings: Settings, email: str) -> str:
    """Return the hash of an address (lower case)."""
    return keyed_hash(derive(settings.secret_bytes(), _PURPOSE), email)


def secret_mark(settings: Settings) -> str:
    """Return what tells that hashes were made under this installation's secret."""
    return email_hash(settings, "")[:16]
