"""A sign-in link for somebody who cannot be mailed yet: printed by the command line alone."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.login_codes import link_hash, link_token
from handstamp.auth.models import LoginCode, User
from handstamp.auth.rules import safe_next
from handstamp.kit.clock import Millis
from handstamp.kit.ids import new_id
from handstamp.plumbing.web import Services


async def make_sign_in_link(
    session: AsyncSession, services: Services, user: User, *, life: Millis, next_path: str = ""
) -> str:
    """Return an address that signs the person in once within `life` ms; no code goes with it."""
    login = new_id("login")
    token = link_token(services.settings.secret_bytes(), login)
    now = services.clock()
    session.add(
        LoginCode(
            id=login,
            email=user.email,
            link_hash=link_hash(token),
            code_hash="",
            next_path=safe_next(next_path),
            created_at=now,
            expires_at=now + life,
        )
    )
    return f"{services.settings.public_url}/tickets/sign-in/link?token={token}"
