"""How headers of mails are read and folded: by the standard library, but once for equal ones.

Of ten thousand mails about an event only few headers differ, and to read and fold them takes as
long as all else that a mail needs.
"""

from email.headerregistry import Address
from email.policy import SMTP, EmailPolicy
from functools import lru_cache
from typing import Any

KEPT = 512
_OWN = frozenset({"message-id", "to"})  # of one mail alone, as is a boundary
_FOLDED: dict[tuple[str, str, str, bool], bytes] = {}


class MailPolicy(EmailPolicy):
    """SMTP's rules for messages, with a memory."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Read a header that is set."""
        if not _is_shared(name, value):
            return super().header_store_parse(name, value)
        if isinstance(value, Address):
            return name, _address(name, value.display_name, value.username, value.domain)
        return name, _header(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header's lines as they are sent."""
        if not _is_shared(name, value):
            return super().fold_binary(name, value)
        key = (name, str(value), self.cte_type, self.utf8)
        if key not in _FOLDED:
            if len(_FOLDED) >= KEPT:
                _FOLDED.clear()
            _FOLDED[key] = super().fold_binary(name, value)
        return _FOLDED[key]


EIGHT_BIT = MailPolicy(linesep="\r\n")
SEVEN_BIT = EIGHT_BIT.clone(cte_type="7bit")


def _is_shared(name: str, value: Any) -> bool:
    if name.lower() in _OWN:
        return False
    return isinstance(value, Address) or (isinstance(value, str) and "boundary=" not in value)


@lru_cache(KEPT)
def _header(name: str, value: str) -> Any:
    return SMTP.header_store_parse(name, value)[1]


@lru_cache(KEPT)
def _address(name: str, display_name: str, username: str, domain: str) -> Any:
    return SMTP.header_store_parse(name, Address(display_name, username, domain))[1]
