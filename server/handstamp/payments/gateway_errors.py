"""What can go wrong with a call to Stripe; neither keys nor anything personal in them.

GatewayError
├── GatewayRefused   a definite refusal: nothing happened
├── GatewayBusy      nothing happened yet: try later with the same key
└── GatewayUnknown   it may have happened: the same key again, or look it up; never "failed"
    ├── GatewayBroken    as Stripe itself said; under the same key it goes on saying so
    └── GatewayKeyUsed   the key belongs to a call with other words: look up what came of that
"""

from handstamp.plumbing.errors import SwitchedOff


class GatewayError(Exception):
    """A call that did not bring the answer hoped for.

    `code` is Stripe's, and `field` the parameter it names; what Stripe says in words is left
    out, it may repeat what a buyer typed.
    """

    def __init__(self, code: str, field: str = "") -> None:
        self.code = code or "unknown"
        self.field = field
        self.message = f"{self.code} ({field})" if field else self.code
        super().__init__(self.message)


class GatewayRefused(GatewayError):
    """Stripe understood and said no: nothing happened."""


class GatewayBusy(GatewayError):
    """Too many calls, the same call at work, or a key that no longer opens: try later."""


class GatewayUnknown(GatewayError):
    """Time-out, lost connection or a fault at Stripe: the outcome is not known."""


class GatewayBroken(GatewayUnknown):
    """Stripe answered that it broke (5xx), and keeps that answer under the key for a day."""


class GatewayKeyUsed(GatewayUnknown):
    """The key was used for a call that read otherwise, before settings or texts were changed."""


class BadSignature(Exception):
    """What came is not signed with the endpoint's secret, or was signed too long ago."""


class NotConfigured(SwitchedOff):
    """This server has no key of Stripe's."""
