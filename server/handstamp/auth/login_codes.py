"""The secrets of a sign-in mail: made from its id when needed, so that none is stored."""

import hashlib

from handstamp.kit.clock import MINUTE, Millis
from handstamp.kit.signing import derive, keyed_hash

LIFE: Millis = 15 * MINUTE
TRIES = 5


def link_token(secret: bytes, login_id: str) -> str:
    """Return the token of the link, 64 hexadecimal digits."""
    return keyed_hash(derive(secret, "sign-in/link"), login_id)


def six_digits(secret: bytes, login_id: str) -> str:
    """Return the code of the mail."""
    number = int(keyed_hash(derive(secret, "sign-in/code"), login_id), 16)
    return f"{number % 1_000_000:06d}"


def link_hash(token: str) -> str:
    """Return how a link's token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def code_hash(secret: bytes, login_id: str, code: str) -> str:
    """Return how a code is stored: keyed, since six digits alone could be tried out."""
    return keyed_hash(derive(secret, "sign-in/stored"), f"{login_id}:{code}")
