"""Slips of the finger in an e-mail address: what was probably meant; pure."""

DOMAINS = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "yahoo.com",
    "yahoo.ca",
    "live.com",
    "me.com",
    "msn.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "shaw.ca",
    "telus.net",
    "rogers.com",
    "sympatico.ca",
    "gmx.de",
    "gmx.net",
    "web.de",
    "t-online.de",
)
RIGHT = ("mail.com", "ymail.com", "email.com", "hotmail.ca", "gmx.com", "gmx.at", "gmx.ch")
_SHORT = 6


def meant(address: str) -> str:
    """Return the address that was probably meant; '' when this one looks right."""
    name, at, domain = address.strip().rpartition("@")
    domain = domain.lower()
    if not at or not name or domain in (*DOMAINS, *RIGHT):
        return ""
    near = next((known for known in DOMAINS if _is_slip(domain, known)), "")
    return f"{name}@{near}" if near else ""


def _is_slip(typed: str, known: str) -> bool:
    """Tell whether one letter is wrong, missing or too many, or two have changed places."""
    if abs(len(typed) - len(known)) > 1 or len(known) < _SHORT:
        return False
    start = 0
    while start < min(len(typed), len(known)) and typed[start] == known[start]:
        start += 1
    a, b = typed[start:], known[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
