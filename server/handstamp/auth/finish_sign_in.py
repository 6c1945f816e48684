"""Turn the link or the code of a sign-in mail into a session, once."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.create_user import create_user
from handstamp.auth.login_codes import TRIES, code_hash, link_hash
from handstamp.auth.models import LoginCode
from handstamp.auth.rules import clean_digits, clean_email
from handstamp.auth.sessions import start_session
from handstamp.kit.clock import MINUTE
from handstamp.kit.signing import same
from handstamp.plumbing.errors import Gone
from handstamp.plumbing.limits import hit
from handstamp.plumbing.metrics import SIGN_INS
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

WINDOW = 15 * MINUTE
TRIES_PER_ADDRESS = 10
TRIES_PER_NETWORK = 60
OPEN_MAILS = 3


@dataclass(frozen=True)
class SignedIn:
    """A fresh session: its token, whose it is, and where that person wanted to go."""

    token: str
    user_id: str
    next_path: str


async def by_link(services: Services, token: str, ip: str) -> SignedIn:
    """Sign in with the token of a mailed link.

    Raises:
        Gone: the link was used, has expired or never was.
        TooMany: too many tries from that network.
    """
    await hit(services, f"finish/ip/{ip}", limit=TRIES_PER_NETWORK, window_ms=WINDOW)
    async with services.db.write(actor="nobody") as session:
        wanted = select(LoginCode).where(LoginCode.link_hash == link_hash(token))
        login = (await session.execute(wanted)).scalar_one_or_none()
        done = await _take(session, login, services.clock(), ip) if login else None
    return _answer(done, _("This link was used or has expired. Ask for a new mail."))


async def by_code(services: Services, email: str, code: str, ip: str) -> SignedIn:
    """Sign in with the 6 digits mailed to an address; spaces and hyphens do not matter.

    Raises:
        Gone: the code is wrong, was used, has expired or was tried too often.
        TooMany: too many tries for that address or from that network.
    """
    wrong = _("That code is wrong, was used or has expired. Ask for a new mail if in doubt.")
    try:
        address = clean_email(email)
    except ValueError:
        return _answer(None, wrong)
    await hit(services, f"finish/ip/{ip}", limit=TRIES_PER_NETWORK, window_ms=WINDOW)
    await hit(services, f"finish/email/{address}", limit=TRIES_PER_ADDRESS, window_ms=WINDOW)
    async with services.db.write(actor="nobody") as session:
        login = await _match(session, services, address, clean_digits(code))
        done = await _take(session, login, services.clock(), ip) if login else None
    return _answer(done, wrong)


def _answer(done: SignedIn | None, refusal: str) -> SignedIn:
    SIGN_INS.labels(outcome="done" if done else "refused").inc()
    if not done:
        raise Gone(refusal)
    return done


async def _match(
    session: AsyncSession, services: Services, address: str, code: str
) -> LoginCode | None:
    """Compare with every open mail in constant time; a miss counts against each of them."""
    secret = services.settings.secret_bytes()
    newest = (
        select(LoginCode)
        .where(LoginCode.email == address, LoginCode.used_at.is_(None))
        .where(LoginCode.expires_at > services.clock(), LoginCode.attempts < TRIES)
        .order_by(LoginCode.created_at.desc(), LoginCode.id)
        .limit(OPEN_MAILS)
        .with_for_update()
    )
    found = None
    logins = list((await session.execute(newest)).scalars())
    for login in logins:
        if same(login.code_hash, code_hash(secret, login.id, code)):
            found = login
    if found is None:
        for login in logins:
            login.attempts += 1
    return found


async def _take(session: AsyncSession, login: LoginCode, now: int, ip: str) -> SignedIn | None:
    used = await session.execute(
        update(LoginCode)
        .where(LoginCode.id == login.id, LoginCode.used_at.is_(None))
        .where(LoginCode.expires_at > now)
        .values(used_at=now)
        .returning(LoginCode.id)
    )
    if used.first() is None:
        return None
    user = await create_user(session, login.email)
    token = await start_session(session, user.id)
    person = Actor(kind="user", id=user.id, ip=ip)
    await record(session, person, "session.start", "user", user.id)
    return SignedIn(token, user.id, login.next_path)
