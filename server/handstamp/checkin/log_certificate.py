"""Reading a device's certificate (R44) by a key alone, and writing one for the server's devices."""

import base64
import binascii
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def certificate_members(server_key: bytes, certificate: Any) -> dict[str, Any] | None:
    """Return the members of a certificate that the key signed, also of an expired one.

    None when it did not, or when another text would be read as the same certificate.
    """
    if not isinstance(certificate, str) or not all(map(_is_canonical, certificate.split("."))):
        return None
    options: Any = {"verify_exp": False, "require": ["dev", "key", "evt", "exp"]}
    try:
        key = Ed25519PublicKey.from_public_bytes(server_key)
        members: dict[str, Any] = jwt.decode(
            certificate, key, algorithms=["EdDSA"], options=options
        )
    except (jwt.InvalidTokenError, ValueError):
        return None
    return members if type(members["dev"]) is int and 0 < members["dev"] < 1 << 48 else None


def _is_canonical(part: str) -> bool:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return False
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") == part
