"""What counts as an e-mail address, a path to return to and an organizer's code. Pure."""

import re
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

HOME = "/tickets/organizer"
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
