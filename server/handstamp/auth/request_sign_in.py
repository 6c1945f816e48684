"""Mail somebody a link and a 6-digit code to sign in with."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.login_codes import LIFE, code_hash, link_hash, link_token, six_digits
from handstamp.auth.models import LoginCode, User
from handstamp.auth.rules import clean_email, safe_next
from handstamp.kit.clock import MINUTE
from handstamp.kit.ids import new_id
from handstamp.mail.send_mail import queue_mail
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import SOURCE, _, asked_language, speaking
from handstamp.plumbing.web import Services

MAIL = "sign_in"
WINDOW = 15 * MINUTE
MAILS_PER_ADDRESS = 5
MAILS_PER_NETWORK = 30
Known = Callable[[AsyncSession, str], Awaitable[bool]]
KNOWN_ROOM = "auth.known"


async def request_sign_in(
    services: Services, email: str, next_path: str, ip: str, *, known: Known | None = None
) -> str:
    """Queue the mail and return the address as it is known here.

    Whether an account exists is never told. Where registration is closed, only people who
    have one get a mail, and those whom other rooms know by their address: by `known`, or by what
    the composition root put into `services.rooms[KNOWN_ROOM]`.

    Raises:
        BadInput: no mail can be sent to that address.
        TooMany: too many mails to that address or from that network.
    """
    try:
        address = clean_email(email)
    except ValueError as error:
        raise BadInput(_("That does not look like an e-mail address.")) from error
    await hit(services, f"sign-in/ip/{ip}", limit=MAILS_PER_NETWORK, window_ms=WINDOW)
    await hit(services, f"sign-in/email/{address}", limit=MAILS_PER_ADDRESS, window_ms=WINDOW)
    secret = services.settings.secret_bytes()
    login = new_id("login")
    now = services.clock()
    async with services.db.write(actor="nobody") as session:
        session.add(
            LoginCode(
                id=login,
                email=address,
                link_hash=link_hash(link_token(secret, login)),
                code_hash=code_hash(secret, login, six_digits(secret, login)),
                next_path=safe_next(next_path),
                created_at=now,
                expires_at=now + LIFE,
            )
        )
        person = await session.scalar(select(User.id).where(User.email == address))
        if (
            person is not None
            or services.settings.open_registration
            or await _known(services, session, address, known)
        ):
            with speaking(asked_language() or SOURCE):
                await queue_mail(session, MAIL, address, {"login": login})
    return address


async def _known(
    services: Services, session: AsyncSession, address: str, known: Known | None
) -> bool:
    others: tuple[Known, ...] = services.rooms.get(KNOWN_ROOM, ())
    for knows in (*others, *([known] if known else [])):
        if await knows(session, address):
            return True
    return False


async def prepare_sign_in(services: Services, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the templates of the mail show; the secrets exist only from here on."""
    secret = services.settings.secret_bytes()
    token = link_token(secret, args["login"])
    return {
        "code": six_digits(secret, args["login"]),
        "link": f"{services.settings.public_url}/tickets/sign-in/link?token={token}",
        "minutes": LIFE // MINUTE,
    }
