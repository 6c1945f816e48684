"""The job that charges one pre-order: look, store the key, call, apply; each step may be the last.

No transaction is open during the call. A charge that was begun is never begun anew while its
outcome is open: the same call goes out again under its key, and where that key no longer tells
(after 23 hours, or when Stripe answered that it broke) the payment is looked up by its marks.
"""

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import SECOND, Millis
from handstamp.payments.charge_saved_card import (
    Busy,
    Declined,
    Outcome,
    Refused,
    Unknown,
    charge_saved_card,
    outcome_of,
)
from handstamp.payments.facts import NewCharge
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayError
from handstamp.payments.pace import pause, take_place
from handstamp.plumbing.config import Settings
from handstamp.plumbing.job_queue import read_now
from handstamp.plumbing.jobs import JobContext, enqueue_many
from handstamp.plumbing.metrics import PREORDERS_CHARGED
from handstamp.plumbing.web import Services
from handstamp.preorders import rules, run_queries, store
from handstamp.preorders.begin_charge import begin_again, begin_charge
from handstamp.preorders.change_status import change_status
from handstamp.preorders.charge_run import CHARGE_JOB, charge_job, halt
from handstamp.preorders.models import PreOrder
from handstamp.preorders.outcome import fail, settle_charge
from handstamp.preorders.save_card import PREORDER_MARK
from handstamp.preorders.told import page_of

PATIENCE: Millis = SECOND  # how long a job keeps its worker for its place in the pace
_log = structlog.get_logger("handstamp.preorders")


@dataclass(frozen=True)
class _Later:
    """Nothing to apply now: the job comes again."""

    look_up: bool = False
    after: Millis | None = None


async def charge_preorder(ctx: JobContext) -> None:
    """Charge the pre-order of the job, if it is to be charged, and apply what came of it."""
    services, preorder_id = ctx.services, str(ctx.args["preorder"])
    async with services.db.read() as session:
        preorder = await store.preorder(session, preorder_id)
        wanted = preorder is not None and await _is_wanted(session, preorder)
    found: Outcome | _Later | None = None
    if preorder is not None and wanted:
        found = await _outcome(services, preorder, look_up=bool(ctx.args.get("look_up")))
    async with ctx.write() as session:
        if found is not None:
            await _apply(session, ctx, preorder_id, found)
        await ctx.acknowledge(session)


async def _is_wanted(session: AsyncSession, preorder: PreOrder) -> bool:
    """Tell whether there is something to do: a charge begun, or one of a run that is going on."""
    if preorder.status == "charging":
        return True
    run = await run_queries.run(session, preorder.run_id or "")
    return preorder.status == "approved" and run is not None and run.state == "running"


async def _outcome(
    services: Services, preorder: PreOrder, *, look_up: bool
) -> Outcome | _Later | None:
    """Return what became of the charge; None when it is not to be made after all."""
    begun = preorder.status == "charging"
    age = services.clock() - (preorder.charge_started_at or 0)
    if begun and (look_up or age >= rules.CHARGE_KEY_LIFE):
        found = await _look_up(services, preorder)
        if found is not None:
            return found
        if age < rules.SURE_AFTER:
            return _Later(look_up=True)
        return await _call(services, preorder, again=True)
    return await _call(services, preorder, again=False)


async def _look_up(services: Services, preorder: PreOrder) -> Outcome | _Later | None:
    """Find the payment by its marks; None when Stripe has none."""
    since = (preorder.charge_started_at or 0) - rules.CLOCK_SKEW
    try:
        found = await gateway(services).find_payments(
            account=preorder.account,
            customer_id=preorder.customer_id,
            since=since,
            mark=(PREORDER_MARK, preorder.id),
        )
    except GatewayError as error:
        _log.warning("charge_not_found_out", preorder=preorder.id, code=error.code)
        return _Later(look_up=True)
    paid = [facts for facts in found if facts.paid]
    facts = next(iter([*paid, *found]), None)
    return None if facts is None else outcome_of(facts)


async def _call(services: Services, preorder: PreOrder, *, again: bool) -> Outcome | _Later | None:
    wait = await take_place(services, patience=PATIENCE)
    if wait is None:
        return _Later(look_up=again, after=PATIENCE)
    await asyncio.sleep(wait / SECOND)
    async with services.db.write(actor="preorders") as session:
        if again:
            charged = await begin_again(session, services, preorder)
        else:
            charged = await begin_charge(session, services, preorder.id)
    if charged is None:
        return None
    if not charged.usable:
        return Declined("card_unusable")
    wanted = _wanted(services.settings, charged.preorder)
    return await charge_saved_card(services, wanted, key=charged.preorder.charge_key)


def _wanted(settings: Settings, preorder: PreOrder) -> NewCharge:
    """Return the call, made of what is stored, so that it is the same however often it goes out."""
    return NewCharge(
        account=preorder.account,
        destination=preorder.destination,
        currency=preorder.currency,
        amount=preorder.total,
        customer_id=preorder.customer_id,
        payment_method_id=preorder.payment_method_id,
        application_fee=preorder.application_fee,
        description=preorder.number,
        return_url=page_of(settings, preorder.id),
        metadata={PREORDER_MARK: preorder.id, "preorder_number": preorder.number},
    )


async def _apply(
    session: AsyncSession, ctx: JobContext, preorder_id: str, found: Outcome | _Later
) -> None:
    if isinstance(found, _Later | Busy | Unknown):
        await _come_again(session, ctx, preorder_id, found)
    elif isinstance(found, Refused):
        await _put_back(session, ctx.services, preorder_id, found.code)
    elif found.facts is None:
        await fail(session, ctx.services, preorder_id, found.code, before=("charging",))
    else:
        await settle_charge(session, ctx.services, preorder_id, found.facts)


async def _come_again(
    session: AsyncSession, ctx: JobContext, preorder_id: str, found: _Later | Busy | Unknown
) -> None:
    tries = int(ctx.args.get("tries", 0))
    after = pause(tries)
    if isinstance(found, _Later) and found.after is not None:
        after += found.after
    else:
        tries += 1
    look_up = bool(getattr(found, "look_up", False))
    at = await read_now(session) + after
    job = charge_job(preorder_id, run_at=at, tries=tries, look_up=look_up)
    await enqueue_many(session, CHARGE_JOB, [job])
    if not isinstance(found, _Later):
        kind = "busy" if isinstance(found, Busy) else "unknown"
        PREORDERS_CHARGED.labels(outcome=kind).inc()
        _log.warning("charge_open", preorder=preorder_id, outcome=kind, code=found.code)


async def _put_back(session: AsyncSession, services: Services, preorder_id: str, code: str) -> None:
    """Take back a charge that Stripe refused to try, and halt the run: others would fare alike."""
    seen = await store.preorder(session, preorder_id)
    if seen is None or seen.status != "charging":
        return
    await halt(session, services, seen.run_id or "", code)
    preorder = await store.preorder(session, preorder_id, lock=True)
    if preorder is None or preorder.status != "charging":
        return
    preorder.charge_key, preorder.charge_started_at = "", None
    preorder.failure_code = code
    await change_status(session, services, preorder, "approved", refused=code)
    await session.flush()
    PREORDERS_CHARGED.labels(outcome="refused").inc()
