"""What counts as an e-mail address, a path to return to, a code and a colour. Pure."""

import re
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

HOME = "/tickets/organizer"
LEAST_CONTRAST = 4.5
_CODE = re.compile(r"[A-Z]{2,5}")
_PATH = re.compile(r"/tickets(/[\w\-./~%]*)?(\?[\w\-./~%=&+:,;@!*'()]*)?", re.ASCII)


def clean_email(text: str) -> str:
    """Return the address as people are known by it: lower case, no spaces around.

    Raises:
        ValueError: no mail can be sent to it.
    """
    try:
        parts = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError("That does not look like an e-mail address.") from error
    return parts.normalized.lower()


def safe_next(path: str) -> str:
    """Return `path` if it is one of our pages, else the organizer's start.

    Never another site: `//host`, `/\\host`, schemes, dots that climb and control characters
    are all refused.
    """
    if len(path) > 500 or not _PATH.fullmatch(path):
        return HOME
    plain = urlsplit(path).path
    return HOME if "//" in plain or ".." in plain.split("/") else path


def clean_code(text: str) -> str:
    """Return an organizer's code, 2 to 5 letters in upper case.

    Raises:
        ValueError: it is something else.
    """
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise ValueError("Use 2 to 5 letters from A to Z.")
    return code


def clean_digits(text: str) -> str:
    """Return the digits of a code that people write with spaces or a hyphen."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", text)


def contrast_with_white(color: str) -> float:
    """Return the contrast (WCAG 2, from 1 to 21) of `#rrggbb` with white."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def readable(color: str) -> str:
    """Return the colour, or the lightest shade of it on which white text can be read."""
    channels = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    shade, parts = color, 100
    while contrast_with_white(shade) < LEAST_CONTRAST:
        parts -= 1
        shade = "#" + "".join(f"{channel * parts // 100:02x}" for channel in channels)
    return shade
