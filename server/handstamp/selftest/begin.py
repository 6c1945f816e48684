"""Beginning a self-test: who may, with which keys, one at a time; and what is known of it."""

import json
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.models import Organizer
from handstamp.kit.clock import MINUTE, Millis
from handstamp.kit.ids import new_id
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services, check_admin
from handstamp.selftest.models import SelfTest
from handstamp.selftest.steps import STEPS, Step

JOB = "selftest.run"
BROKEN_OFF: Millis = 10 * MINUTE
SHOWN = 10
TEST_KEYS = ("sk_test_", "rk_test_")


def is_test_mode(settings: Settings) -> bool:
    """Tell whether the server's key is one of Stripe's test mode; live keys never pass."""
    return settings.stripe_secret_key.startswith(TEST_KEYS)


async def sellers(session: AsyncSession) -> Sequence[Organizer]:
    """Return the organizers whose account can take payments, the first by name."""
    query = (
        select(Organizer)
        .join(PaymentAccount, PaymentAccount.organizer_id == Organizer.id)
        .where(PaymentAccount.charges_enabled, PaymentAccount.deauthorized_at.is_(None))
        .order_by(Organizer.name, Organizer.id)
        .limit(200)
    )
    return (await session.scalars(query)).all()


async def begin_self_test(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    *,
    organizer_id: str = "",
    by_job: bool = True,
) -> SelfTest:
    """Begin a run that a job works off (or, without `by_job`, whoever calls).

    Args:
        organizer_id: whose test account is paid into; '' is the first that can sell.

    Raises:
        Forbidden: the actor is no administrator.
        Conflict: the keys are live, no organizer can sell, or a run is at work.
        NotFound: that organizer cannot sell, or there is none.
    """
    check_admin(actor)
    if not is_test_mode(services.settings):
        raise Conflict(
            _("The self-test buys for real, so it runs with Stripe's test keys alone (sk_test_…)."),
            code="live_keys",
        )
    now = services.clock()
    able = await sellers(session)
    if not able:
        raise Conflict(
            _("Connect an organizer with Stripe in test mode first: its account is paid into."),
            code="nobody_sells",
        )
    chosen = next((one for one in able if one.id == organizer_id or not organizer_id), None)
    if chosen is None:
        raise NotFound(_("There is no such organizer whose account can take payments."))
    # The lock lets two who begin at once see each other.
    await session.get(Organizer, able[0].id, with_for_update=True, populate_existing=True)
    running = await session.scalar(_unfinished(now - BROKEN_OFF).limit(1))
    if running is not None:
        raise Conflict(_("A self-test is at work. Wait until it has ended."), code="at_work")
    made = SelfTest(
        id=new_id("self"),
        organizer_id=chosen.id,
        started_by=f"{actor.kind}:{actor.id}",
        started_at=now,
        steps_json=written([Step(step) for step in STEPS]),
    )
    session.add(made)
    await session.flush()
    await record(session, actor, "selftest.begin", "server", made.id, organizer_id=chosen.id)
    if by_job:
        await enqueue(session, JOB, {"id": made.id}, key="selftest", max_attempts=1)
    return made


async def self_tests(session: AsyncSession, actor: Actor) -> Sequence[SelfTest]:
    """Return the last runs, the latest first.

    Raises:
        Forbidden: the actor is no administrator.
    """
    check_admin(actor)
    query = select(SelfTest).order_by(SelfTest.started_at.desc(), SelfTest.id.desc())
    return (await session.scalars(query.limit(SHOWN))).all()


async def self_test(session: AsyncSession, actor: Actor, test_id: str) -> SelfTest:
    """Return one run.

    Raises:
        Forbidden: the actor is no administrator.
        NotFound: there is none.
    """
    check_admin(actor)
    found = await session.get(SelfTest, test_id) if test_id.isprintable() else None
    if found is None:
        raise NotFound(_("There is no such self-test."))
    return found


async def broken_off(session: AsyncSession, now: Millis) -> Sequence[SelfTest]:
    """Return the runs that ended without putting away what they made."""
    query = select(SelfTest).where(SelfTest.cleaned_at.is_(None))
    return (await session.scalars(query.where(SelfTest.started_at <= now - BROKEN_OFF))).all()


def steps_of(test: SelfTest) -> list[Step]:
    """Return the steps of a run."""
    return [Step(**one) for one in json.loads(test.steps_json)]


def written(steps: Sequence[Step]) -> str:
    """Write steps as they are stored."""
    return json.dumps([vars(step) for step in steps])


def state_of(test: SelfTest, now: Millis) -> str:
    """Return running, green, red, or broken_off."""
    if test.finished_at is None:
        return "running" if now < test.started_at + BROKEN_OFF else "broken_off"
    states = {step.state for step in steps_of(test)}
    return "red" if states & {"red", "skipped"} else "green"


def _unfinished(since: Millis) -> Select[SelfTest]:
    return select(SelfTest).where(SelfTest.finished_at.is_(None), SelfTest.started_at > since)
