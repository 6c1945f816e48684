"""The supervisor's PIN of an event: which are too easy, and how one is kept (R63).

Phones check it with no signal, so they hold the hash. So few digits fall to whoever has the hash
and an hour: the slowness keeps a curious hand out, not a laboratory. `docs/adr/0023` says so.
"""

import base64
import hashlib
import json
import re
import secrets
from itertools import pairwise

N_ = str  # marks text for the catalogues; it is translated where it is shown
ROUNDS = 600_000
SALT_BYTES = 16
_KEYPAD = {"2580", "0852", "1397", "7139", "1590", "3570"}


def pin_problem(pin: str) -> str:
    """Say in plain words why this cannot be a PIN; '' when it can."""
    if not re.fullmatch("[0-9]{4,8}", pin):
        return N_("A PIN has 4 to 8 digits.")
    return N_("That PIN is guessed too easily. Choose another.") if _is_weak(pin) else ""


def _is_weak(pin: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(steps) == 1:  # 0000, 1234, 9876, 2468
        return True
    period = (pin + pin).find(pin, 1)
    if period < len(pin) or len(set(pin)) == 1:  # 1212, 123123
        return True
    return pin in _KEYPAD or bool(re.fullmatch("(19|20)[0-9]{2}", pin))


def hash_pin(pin: str) -> str:
    """Return what is stored of a PIN, as JSON: salt, rounds, hash. Takes about 0.3 s."""
    salt = secrets.token_bytes(SALT_BYTES)
    hashed = hashlib.pbkdf2_hmac("sha256", pin.encode("ascii"), salt, ROUNDS)
    return json.dumps(
        {
            "salt": base64.b64encode(salt).decode(),
            "rounds": ROUNDS,
            "hash": base64.b64encode(hashed).decode(),
        }
    )
