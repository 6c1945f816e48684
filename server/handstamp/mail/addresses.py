"""Names and addresses of people as they may stand in a mail's header, or no more. Pure."""

import re
import unicodedata
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr

LONGEST_NAME = 60
_ERASED = "@erased.invalid"  # RFC 2606: no mail ever gets there
_LOCAL = re.compile(r"""[^\s"(),:;<>@\[\]\\.]+(\.[^\s"(),:;<>@\[\]\\.]+)*""")
_TRICKS = {*'<>@"\\:;,()[]'}


class BadAddress(ValueError):
    """No mail can be sent to this."""


def erased_address(of: str = "erased") -> str:
    """Return what stands in the place of an erased person's address; `of` keeps rows apart."""
    return f"{of}{_ERASED}"


def is_erased(address: str) -> bool:
    """Tell whether an address stands for somebody who was erased."""
    return address.endswith(_ERASED)


def recipient(address: str) -> Address:
    """Return one address with its domain as mail servers want it.

    Raises:
        BadAddress: it is not exactly one address.
    """
    local, _, domain = address.rpartition("@")
    if not domain or not address.isprintable() or not _LOCAL.fullmatch(local):
        raise BadAddress("not an address")
    try:
        ascii_domain = domain.encode("idna").decode()
        Address(addr_spec=f"x@{ascii_domain}")
        return Address(username=local, domain=ascii_domain)
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress("not an address") from error


def author(mail_from: str, name: str) -> Address:
    """Return the sender's own address under the name that readers see, if there is one.

    Letters with which a name could pass as another address are taken out of it.
    """
    shown, address = parseaddr(mail_from)
    return Address(display_name=header_text(name) or shown, addr_spec=address)


def header_text(text: str) -> str:
    """Return text for a name in a header: one line, no letters that mean something there."""
    kept = (" " if letter in _TRICKS else letter for letter in one_line(text))
    return " ".join("".join(kept).split())[:LONGEST_NAME].strip()


def one_line(text: str) -> str:
    """Return the text without line breaks, and without letters that hide or turn others."""
    kept = (
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in text
        if unicodedata.category(letter) not in ("Cs", "Cn", "Co")
        and not "\u202a" <= letter <= "\u202e"
        and not "\u2066" <= letter <= "\u2069"
    )
    return " ".join("".join(kept).split())
