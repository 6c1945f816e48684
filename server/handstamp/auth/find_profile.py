"""How an organizer appears to buyers."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer, OrganizerProfile
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import SOURCE, _, asked_language
from handstamp.plumbing.web import Actor


@dataclass(frozen=True)
class Profile:
    """An organizer as buyers see it; '' where nothing is said, `logo_path` where there is none.

    `name` is what it calls itself, `legal_name` who sells. `brand_color` is "#rrggbb". `language`
    is that of mails to people who did not say which they read.
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
    language: str = SOURCE
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
    "language",
)


async def profile_of(session: AsyncSession, organizer_id: str) -> Profile:
    """Return an organizer's profile, empty where nobody has filled it in.

    Raises:
        NotFound: there is no such organizer.
    """
    found = await profiles_of(session, [organizer_id])
    if organizer_id not in found:
        raise NotFound(_("There is no such organizer."))
    return found[organizer_id]


async def language_for(session: AsyncSession, organizer_id: str) -> str:
    """Return in which language to write to whoever asks: theirs, or else the organizer's."""
    if asked := asked_language():
        return asked
    told = await session.scalar(
        select(OrganizerProfile.language).where(OrganizerProfile.organizer_id == organizer_id)
    )
    return told or SOURCE


async def profiles_of(session: AsyncSession, organizer_ids: Collection[str]) -> dict[str, Profile]:
    """Return the profiles of several organizers by id, empty where nobody has filled them in."""
    table = OrganizerProfile
    query = (
        select(
            Organizer.id,
            Organizer.name,
            *(getattr(table, name) for name in TEXTS),
            table.logo_type,
            table.updated_at,
        )
        .outerjoin(table, table.organizer_id == Organizer.id)
        .where(Organizer.id.in_(organizer_ids))
    )
    return {row.id: _profile(row) for row in await session.execute(query)}


def _profile(row: Row[Any]) -> Profile:
    logo = f"/api/tickets/organizers/{row.id}/logo?v={row.updated_at}"
    texts = {name: getattr(row, name) or "" for name in TEXTS}
    texts["language"] = texts["language"] or SOURCE
    return Profile(row.id, row.name, **texts, logo_path=logo if row.logo_type else "")


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
