"""The door for health and metrics: does every feed end on a mark, and how much is there?"""

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Admission, Device, Fact, FeedHead, FeedMark
from handstamp.plumbing.health import Ill
from handstamp.plumbing.metrics import Figure
from handstamp.plumbing.web import Services


async def check_feed(of: Services) -> str:
    """Look whether the end of every feed is a place where a cursor may stand.

    Raises:
        Ill: a feed ends elsewhere; its phones would load their lists again and again.
    """
    stands = and_(
        FeedMark.event_id == FeedHead.event_id,
        FeedMark.seq == FeedHead.seq,
        FeedMark.digest == FeedHead.digest,
    )
    lost = (
        select(func.count())
        .select_from(FeedHead)
        .outerjoin(FeedMark, stands)
        .where(FeedMark.seq.is_(None))
    )
    async with of.db.read() as session:
        wrong = (await session.execute(lost)).scalar_one()
        feeds = (await session.execute(select(func.count()).select_from(FeedHead))).scalar_one()
    if wrong:
        raise Ill(f"{wrong} of {feeds} feeds do not end on a mark")
    return f"{feeds} feeds"


async def door_figures(session: AsyncSession) -> list[Figure]:
    """Count facts, living devices and conflicts that nobody has looked at."""
    living = Device.revoked_at.is_(None) & Device.wiped_at.is_(None)
    open_conflict = (Admission.conflict != "") & Admission.resolved_at.is_(None)
    asked = (
        ("tickets_facts", "Facts held", select(func.count()).select_from(Fact)),
        ("tickets_devices", "Devices not revoked", select(func.count(Device.id)).where(living)),
        (
            "tickets_conflicts_open",
            "Conflicts that nobody has looked at",
            select(func.count()).select_from(Admission).where(open_conflict),
        ),
    )
    return [
        (name, about, {}, (await session.execute(count)).scalar_one())
        for name, about, count in asked
    ]
