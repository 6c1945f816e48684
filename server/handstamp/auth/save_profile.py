"""Changing how an organizer appears to buyers: the legal entity on receipts, and the looks."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth import rules
from handstamp.auth.clean_logo import Logo
from handstamp.auth.find_profile import Profile, owned_profile
from handstamp.auth.models import OrganizerProfile
from handstamp.auth.shapes import ProfileChange
from handstamp.plumbing.db import now
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor


async def save_profile(
    session: AsyncSession, actor: Actor, organizer_id: str, change: ProfileChange
) -> Profile:
    """Replace what a profile says; the logo stays.

    Raises:
        NotFound: the actor does not run that organizer.
        BadInput: white text could not be read on the colour; the message names one on which
            it could.
    """
    await owned_profile(session, actor, organizer_id)
    _check_color(change.brand_color)
    return await _save(session, actor, organizer_id, change.model_dump(), "profile.save")


async def save_logo(
    session: AsyncSession, actor: Actor, organizer_id: str, logo: Logo | None
) -> Profile:
    """Give an organizer a logo, or take it away.

    Raises:
        NotFound: the actor does not run that organizer.
    """
    await owned_profile(session, actor, organizer_id)
    values = {
        "logo": logo.content if logo else None,
        "logo_type": logo.media_type if logo else "",
    }
    return await _save(session, actor, organizer_id, values, "profile.logo")


def _check_color(color: str) -> None:
    if not color:
        return
    contrast = rules.contrast_with_white(color)
    if contrast < rules.LEAST_CONTRAST:
        message = _(
            "White text on this colour cannot be read (contrast %(found).1f, at least 4.5). "
            "%(other)s would do."
        ) % {"found": contrast, "other": rules.readable(color)}
        raise BadInput(message, errors=[{"field": "brand_color", "message": message}])


async def _save(
    session: AsyncSession, actor: Actor, organizer_id: str, values: dict[str, Any], action: str
) -> Profile:
    found = await session.get(OrganizerProfile, organizer_id, with_for_update=True)
    if found is None:
        found = OrganizerProfile(organizer_id=organizer_id, updated_at=now(session))
        session.add(found)
    for name, value in values.items():
        setattr(found, name, value)
    found.updated_at = now(session)
    await session.flush()
    await record(
        session,
        actor,
        action,
        "organizer",
        organizer_id,
        organizer_id=organizer_id,
        meta={"fields": sorted(values)},
    )
    return await owned_profile(session, actor, organizer_id)
