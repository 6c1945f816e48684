"""What an administrator sees first: what gave up, what waits, what was done over others' heads."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.find_entries import entries_of
from handstamp.audit.models import AuditEntry, AuditMark
from handstamp.fraud.models import FraudSignal
from handstamp.kit.clock import DAY, Millis
from handstamp.moderation.find_reviews import count_waiting
from handstamp.plumbing.web import Actor, Services, check_admin
from handstamp.selftest.begin import self_tests, state_of
from handstamp.webhooks.find_dead_letters import count_dead_letters

ACTS = 15


@dataclass(frozen=True)
class ServerView:
    """How the server stands.

    `signals`: of the last day. `self_test`: state of the last run, '' without one. `signed_no`:
    up to which entry the audit log is signed, at `signed_at`; `unchained` entries wait. `acts`:
    what administrators did to organizers' things, the latest first.
    """

    dead_letters: int
    reviews: int
    signals: int
    self_test: str
    self_test_at: Millis | None
    signed_no: int
    signed_at: Millis | None
    unchained: int
    acts: Sequence[AuditEntry]


async def look_at_server(session: AsyncSession, services: Services, actor: Actor) -> ServerView:
    """Return how the server stands now.

    Raises:
        Forbidden: the actor is no administrator.
    """
    check_admin(actor)
    now = services.clock()
    recent = select(func.count()).select_from(FraudSignal).where(FraudSignal.last_at > now - DAY)
    waits = select(func.count()).select_from(AuditEntry).where(AuditEntry.chain_no.is_(None))
    mark = select(AuditMark).order_by(AuditMark.chain_no.desc()).limit(1)
    signed = await session.scalar(mark)
    tests = await self_tests(session, actor)
    return ServerView(
        dead_letters=await count_dead_letters(session),
        reviews=await count_waiting(session),
        signals=await session.scalar(recent) or 0,
        self_test=state_of(tests[0], now) if tests else "",
        self_test_at=tests[0].started_at if tests else None,
        signed_no=signed.chain_no if signed else 0,
        signed_at=signed.created_at if signed else None,
        unchained=await session.scalar(waits) or 0,
        acts=await entries_of(session, over_others=True, limit=ACTS),
    )
