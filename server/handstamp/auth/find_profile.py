"""How an organizer appears to buyers."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer, OrganizerProfile
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor


@dataclass(frozen=True)
class Profile:
    """An organizer as buyers see it; '' where nothing is said, `logo_path` where there is none.

    `name` is what it calls itself, `legal_name` who sells. `brand_color` is "#rrggbb".
    """

    organizer_id: str
    name: str
    legal_name: str = ""
    legal_address: str = ""
    tax_number: str = ""
    contact_email: str = ""
    website: str = ""
    brand_color: str = ""
    refund_policy: str = ""
    logo_path: str = ""

    @property
    def seller(self) -> str:
        """Who stands on receipts: the legal name, or else the organizer's own."""
        return self.legal_name or self.name


TEXTS = (
    "legal_name",
    "legal_address",
    "tax_number",
    "contact_email",
    "website",
    "brand_color",
    "refund_policy",
)


async def profile_of(session: AsyncSession, organizer_id: str) -> Profile:
    """Return an organizer's profile, empty where nobody has filled it in.

    Raises:
        NotFound: there is no such organizer.
    """
    table = OrganizerProfile
    row = (
        await session.execute(
            select(
                Organizer.name,
                *(getattr(table, name) for name in TEXTS),
                table.logo_type,
                table.updated_at,
            )
            .outerjoin(table, table.organizer_id == Organizer.id)
            .where(Organizer.id == organizer_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is no such organizer."))
    logo = f"/api/tickets/organizers/{organizer_id}/logo?v={row.updated_at}"
    texts = {name: getattr(row, name) or "" for name in TEXTS}
    return Profile(organizer_id, row.name, **texts, logo_path=logo if row.logo_type else "")


async def owned_profile(session: AsyncSession, actor: Actor, organizer_id: str) -> Profile:
    """Return the profile of an organizer that the actor runs.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    if not actor.may_manage(organizer_id):
        raise NotFound(_("There is no such organizer among yours."))
    return await profile_of(session, organizer_id)


async def logo_of(session: AsyncSession, organizer_id: str) -> tuple[bytes, str]:
    """Return an organizer's logo and its media type; (b"", "") where there is none."""
    table = OrganizerProfile
    found = await session.execute(
        select(table.logo, table.logo_type).where(table.organizer_id == organizer_id)
    )
    row = found.one_or_none()
    return (row.logo, row.logo_type) if row and row.logo else (b"", "")
