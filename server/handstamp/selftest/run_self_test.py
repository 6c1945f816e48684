"""The self-test: buys in Stripe's test mode and follows the order to the light at the door.

Every part is the real one: hold, Stripe's page, a test card, Stripe's event, tickets, PDF, mail,
scan, refund. Only what a person does on Stripe's page cannot be done by a program, so the order
is paid by a payment of its own, and fulfilled by it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from sqlalchemy import select

from handstamp.auth.models import User
from handstamp.payments.gateway_errors import GatewayError
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.selftest import begin
from handstamp.selftest.models import SelfTest
from handstamp.selftest.put_away import put_away
from handstamp.selftest.steps import STEPS, Step
from handstamp.selftest.walk import Walk, WentWrong

PAUSE_S = 0.5
Tell = Callable[[Step], None]
Pause = Callable[[], Awaitable[None]]
_log = structlog.get_logger("handstamp.selftest")


async def run_by_job(ctx: JobContext) -> None:
    """Run the job."""
    await run_self_test(ctx.services, str(ctx.args["id"]))
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def wait_a_moment() -> None:
    """Let the worker, Stripe and the mail server do their part."""
    await asyncio.sleep(PAUSE_S)


async def run_self_test(
    services: Services,
    test_id: str,
    *,
    email: str = "",
    tell: Tell | None = None,
    pause: Pause = wait_a_moment,
) -> list[Step]:
    """Take every step of a run that was begun, write each down, and put away what was made.

    Args:
        email: where the mails go; '' is to whoever began the run.
        tell: called with each step as it ends.
        pause: waits between two looks at what others do.
    """
    async with services.db.read() as session:
        left_over = [one.id for one in await begin.broken_off(session, services.clock())]
        test = await session.get_one(SelfTest, test_id)
        steps = begin.steps_of(test)
        begun_by = await session.get(User, test.started_by.partition(":")[2])
    for other in left_over:
        if other != test_id:
            await _put_away_other(services, other)
    walk = Walk(services, test, email or (begun_by.email if begun_by else ""), pause)
    failed = False
    for place, name in enumerate(STEPS):
        is_last = name == "clean"
        if failed and not is_last:
            step = Step(name, "skipped")
        else:
            await _keep(services, test_id, [*steps[:place], Step(name, "running")], walk)
            step = await _take(walk, name)
            failed = failed or (step.state == "red" and name not in walk.goes_on_without)
        steps[place] = step
        await _keep(services, test_id, steps[: place + 1], walk, ended=is_last)
        if tell is not None:
            tell(step)
    return steps


async def _put_away_other(services: Services, test_id: str) -> None:
    """Try once more to put an earlier run away; what it cannot, the run after this one tries."""
    try:
        await put_away(services, test_id)
    except Exception:
        _log.exception("self_test_left_over", test=test_id)


async def _take(walk: Walk, name: str) -> Step:
    step = Step(name, "green")
    try:
        take: Callable[[], Awaitable[str]] = getattr(walk, name)
        return replace(step, note=await take())
    except WentWrong as wrong:
        said = str(wrong)
    except Problem as problem:
        said = problem.detail
    except GatewayError as error:
        said = _("Stripe: %(error)s") % {"error": str(error) or type(error).__name__}
    except Exception as error:
        _log.exception("self_test_failed", step=name)
        said = _("%(error)s; the server's log says where.") % {"error": type(error).__name__}
    return replace(step, state="red", note=said[:500])


async def _keep(
    services: Services, test_id: str, steps: list[Step], walk: Walk, *, ended: bool = False
) -> None:
    rest = [Step(name) for name in STEPS[len(steps) :]]
    async with services.db.write(actor=SYSTEM.id) as session:
        query = select(SelfTest).where(SelfTest.id == test_id).with_for_update()
        test = (await session.scalars(query)).one()
        test.steps_json = begin.written([*steps, *rest])
        test.event_id = walk.made_event.id if walk.made_event else ""
        test.order_id = walk.made_order.id if walk.made_order else ""
        if ended:
            test.finished_at = services.clock()
