"""How a mail leaves: by SMTP, or in the demo not at all (a page shows it instead)."""

from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from handstamp.plumbing.config import Settings

TIMEOUT_S = 20.0


class MailRefused(Exception):
    """The mail server will never take this message; carries its code."""


class MailDelayed(Exception):
    """The mail server is away or asks to try later."""


class Transport(Protocol):
    """Hands one message over."""

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over.

        Raises:
            MailRefused: trying again cannot help.
            MailDelayed: trying again may help.
        """

    async def check(self) -> None:
        """Tell whether mails can be handed over now.

        Raises:
            MailDelayed: they cannot.
        """


class DemoTransport:
    """Hands nothing over: the mail stays in its table, and the demo's page shows it."""

    async def send(self, message: EmailMessage) -> None:
        """Keep the message where it is."""

    async def check(self) -> None:
        """Nothing can be away."""


class NoTransport:
    """No mail server is set: mails wait, and the health page says so."""

    async def send(self, message: EmailMessage) -> None:
        """Refuse for now."""
        await self.check()

    async def check(self) -> None:
        """Say what is missing."""
        raise MailDelayed("HANDSTAMP_MAIL_URL is not set")


class SmtpTransport:
    """Hands mails to `smtp://` (STARTTLS when offered), `smtp+tls://` (STARTTLS or nothing)
    or `smtps://`, with `user:password@` when the server wants it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._use_tls = parts.scheme == "smtps"
        self._start_tls = True if parts.scheme == "smtp+tls" else None
        self._port = parts.port
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._use_tls,
            start_tls=False if self._use_tls else self._start_tls,
            timeout=TIMEOUT_S,
            local_hostname="localhost",
        )

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over in a connection of its own."""
        try:
            async with self._client() as client:
                await client.send_message(message)
        except aiosmtplib.SMTPNotSupported as error:
            raise MailRefused("SMTPUTF8") from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _by_code(max(refused.code for refused in error.recipients)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _by_code(error.code) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailDelayed(type(error).__name__) from error

    async def check(self) -> None:
        """Connect, sign in and leave."""
        try:
            async with self._client() as client:
                await client.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailDelayed(type(error).__name__) from error


def _by_code(code: int) -> MailRefused | MailDelayed:
    return MailRefused(str(code)) if code >= 500 else MailDelayed(str(code))


def transport_of(settings: Settings) -> Transport:
    """Choose how mails leave this installation."""
    if settings.mail_url:
        return SmtpTransport(settings.mail_url)
    return DemoTransport() if settings.demo else NoTransport()
