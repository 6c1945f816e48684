"""Ed25519 keys as raw bytes, and secrets derived from the installation's one secret.

Twin of `strict_shape`: pwa/src/core/signing.js. Vectors: shared/vectors/token/strict.json.
"""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_FIELD = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 8032 section 5.1
_SMALL = {  # y of the eight points whose order divides 8
    0,
    1,
    _FIELD - 1,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
}


def new_private_key() -> bytes:
    """Return 32 fresh private bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key(private: bytes) -> bytes:
    """Return the 32 public bytes that belong to 32 private ones."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def sign(private: bytes, message: bytes) -> bytes:
    """Sign `message`; 64 bytes, deterministic (RFC 8032)."""
    return Ed25519PrivateKey.from_private_bytes(private).sign(message)


def strict_shape(public: bytes, signature: bytes) -> bool:
    """Tell whether key and signature have the shape that RFC 8032 asks for, strictly.

    S is below L, both points are canonical and of great order: libraries leave part of it out.
    """
    if len(public) != 32 or len(signature) != 64:
        return False
    return int.from_bytes(signature[32:], "little") < _ORDER and all(
        _canonical_point(point) for point in (public, signature[:32])
    )


def _canonical_point(point: bytes) -> bool:
    y = int.from_bytes(point, "little") & (1 << 255) - 1
    return y < _FIELD and y not in _SMALL


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether `signature` is `message`'s under the 32-byte public key, strictly."""
    if not strict_shape(public, signature):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def derive(secret: bytes, purpose: str) -> bytes:
    """Derive 32 bytes for one purpose from the installation secret (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret)


def seal(key: bytes, nonce: bytes, plain: bytes, context: bytes) -> bytes:
    """Encrypt with AES-256-GCM; the 12-byte nonce stands in front and must never repeat."""
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Undo `seal`.

    Raises:
        ValueError: the key or the context is another, or the bytes were changed.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except InvalidTag as error:
        raise ValueError("sealed bytes do not open with this key") from error


def keyed_hash(secret: bytes, text: str) -> str:
    """HMAC-SHA256 in hexadecimal: how codes and keys are stored."""
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Compare in constant time."""
    a = left.encode() if isinstance(left, str) else left
    b = right.encode() if isinstance(right, str) else right
    return hmac.compare_digest(a, b)
