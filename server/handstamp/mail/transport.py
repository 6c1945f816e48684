"""How a mail leaves: by SMTP, or in the demo not at all (a page shows it instead)."""

from contextlib import suppress
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from handstamp.mail.connections import Connection, Connections
from handstamp.mail.headers import EIGHT_BIT, SEVEN_BIT
from handstamp.plumbing.web import Services

ROOM = "mail.transport"
TIMEOUT_S = 20.0
CLOSING = 421  # RFC 5321: the server ends the connection, whatever was asked


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
    or `smtps://`, with `user:password@` when the server wants it. Connections are kept for a while.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._use_tls = parts.scheme == "smtps"
        self._start_tls = True if parts.scheme == "smtp+tls" else None
        self._port = parts.port
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._connections = Connections(self._client)

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
        """Hand the message over."""
        async with self._connections.one() as lent:
            sender = message["From"].addresses[0].addr_spec
            to = message["To"].addresses[0].addr_spec
            await _connect(lent)
            options, content = _encoded(lent.client, message, sender + to)
            lent.is_clean = False
            try:
                await _begin(lent, sender, options)
                await lent.client.rcpt(to, encoding="utf-8", timeout=TIMEOUT_S)
                await lent.client.data(content, timeout=TIMEOUT_S)
            except aiosmtplib.SMTPResponseException as error:
                await _reset(lent, error.code)
                raise _by_code(error.code) from error
            except (aiosmtplib.SMTPException, OSError) as error:
                raise MailDelayed(type(error).__name__) from error
            lent.mails += 1
            lent.is_clean = True

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._connections.close()

    async def check(self) -> None:
        """Connect, sign in and leave."""
        try:
            async with self._client() as client:
                await client.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailDelayed(type(error).__name__) from error


async def _connect(lent: Connection) -> None:
    """Be connected. Whatever the server says to that is about the connection, not about a mail."""
    if lent.client.is_connected:
        return
    try:
        await lent.connect()
        if lent.client.is_ehlo_or_helo_needed:
            await _greet(lent.client)
    except aiosmtplib.SMTPResponseException as error:
        raise MailDelayed(str(error.code)) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailDelayed(type(error).__name__) from error


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


async def _begin(lent: Connection, sender: str, options: list[str]) -> None:
    """Begin a mail; a kept connection that the server has ended meanwhile is replaced once."""
    try:
        await lent.client.mail(sender, options=options, encoding="utf-8")
        return
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
        if not lent.mails:
            raise
    except aiosmtplib.SMTPSenderRefused as error:
        if not lent.mails or error.code != CLOSING:
            raise
    lent.client.close()
    await _connect(lent)
    lent.is_clean = False
    await lent.client.mail(sender, options=options, encoding="utf-8")


async def _reset(lent: Connection, code: int) -> None:
    """After a refusal have the server expect a new mail."""
    if code == CLOSING:
        return
    with suppress(aiosmtplib.SMTPException, OSError):
        await lent.client.rset()
        lent.is_clean = True


def _encoded(
    client: aiosmtplib.SMTP, message: EmailMessage, addresses: str
) -> tuple[list[str], bytes]:
    """Return the options of MAIL, and the message as this server takes it."""
    options = ["BODY=8BITMIME"] if client.supports_extension("8bitmime") else []
    policy = EIGHT_BIT if options else SEVEN_BIT
    if not addresses.isascii():
        if not client.supports_extension("smtputf8"):
            raise MailRefused("SMTPUTF8")
        options.append("SMTPUTF8")
        policy = policy.clone(utf8=True)
    content = message.as_bytes(policy=policy)
    if client.supports_extension("size"):
        options.append(f"SIZE={len(content)}")
    return options, content


def _by_code(code: int) -> MailRefused | MailDelayed:
    return MailRefused(str(code)) if code >= 500 else MailDelayed(str(code))


def transport_of(services: Services) -> Transport:
    """Choose how mails leave this installation; connections are kept in the process."""
    url = services.settings.mail_url
    if url:
        kept: dict[str, SmtpTransport] = services.rooms.setdefault(ROOM, {})
        if url not in kept:
            kept[url] = SmtpTransport(url)
        return kept[url]
    return DemoTransport() if services.settings.demo else NoTransport()


async def close_mail(services: Services) -> None:
    """Close the connections to the mail server, when the process ends."""
    for transport in services.rooms.pop(ROOM, {}).values():
        await transport.close()
