"""Asks Stripe for events that never came, for the platform and for every connected account.

Each account has a cursor: until when its events are complete. It moves only when everything
before has been stored, so a restored backup or a week without network is made up for; Stripe
keeps events for 30 days.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import DAY, HOUR, MINUTE, Millis
from handstamp.payments.gateway import configured, gateway
from handstamp.payments.gateway_errors import GatewayRefused
from handstamp.payments.payment_accounts import connected_accounts
from handstamp.payments.refresh_account import queue_refresh
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.jobs import GiveUp, JobContext, NewJob, enqueue_many
from handstamp.plumbing.web import Services
from handstamp.webhooks import store, stripe_inbox
from handstamp.webhooks.event_types import WANTED

JOB = "webhooks.catch_up"
ACCOUNT_JOB = "webhooks.catch_up_account"
EVERY: Millis = 15 * MINUTE
OVERLAP: Millis = HOUR  # an event may show in the list later than it was made
FIRST_LOOK: Millis = 3 * DAY  # as long as Stripe itself goes on trying
PIECE = 100
PATIENCE: Millis = 5 * MINUTE


async def catch_up(ctx: JobContext) -> None:
    """Queue one look for each account, and see to events whose job went missing."""
    async with ctx.write() as session:
        if configured(ctx.services.settings):
            await _queue_looks(session)
        await _find_lost(session, ctx.services.clock() - PATIENCE)
        await ctx.acknowledge(session)


async def _find_lost(session: AsyncSession, before: Millis) -> None:
    """Queue events again that wait without a job; those that brought workers down are buried."""
    for event_id, given_up in await store.lost(session, before, stripe_inbox.JOB, PIECE):
        if given_up:
            buried = {"status": "dead", "error": "the worker vanished"}
            await store.change_event(session, event_id, buried)
        else:
            await stripe_inbox.queue(session, event_id)


async def _queue_looks(session: AsyncSession) -> None:
    accounts = ["", *await connected_accounts(session)]
    looks = [NewJob({"account": one}, dedupe=f"catch_up:{one}", max_attempts=3) for one in accounts]
    await enqueue_many(session, ACCOUNT_JOB, looks)


async def catch_up_account(ctx: JobContext) -> None:
    """Store what is missing of one account's events, then move its cursor to the beginning."""
    account = str(ctx.args["account"])
    services = ctx.services
    began = services.clock()
    async with services.db.read() as session:
        cursor = await store.cursor(session, account)
    since = began - FIRST_LOOK if cursor is None else cursor - OVERLAP
    try:
        await _look(services, account, since)
    except GatewayRefused as error:
        if not account:
            raise GiveUp(f"Stripe refused: {error}") from error
        # It may have left us; a fresh look at the account finds out, and it is not asked again.
        async with ctx.write() as session:
            await queue_refresh(session, account)
            await ctx.acknowledge(session)
        return
    async with ctx.write() as session:
        await store.move_cursor(session, account, began)
        await ctx.acknowledge(session)


async def _look(services: Services, account: str, since: Millis) -> None:
    found: list[dict[str, Any]] = []
    async for event in gateway(services).list_events(account=account, since=since, types=WANTED):
        found.append(event)
        if len(found) == PIECE:
            await _store(services, account, found)
            found = []
    await _store(services, account, found)


async def _store(services: Services, account: str, found: list[dict[str, Any]]) -> None:
    if not found:
        return
    async with services.db.read() as session:
        known = await store.known(session, [event["id"] for event in found])
    missing = [event for event in found if event["id"] not in known]
    if not missing:
        return
    async with services.db.write() as session:
        for event in reversed(missing):
            await _store_one(services, session, account, event)


async def _store_one(
    services: Services, session: AsyncSession, account: str, event: dict[str, Any]
) -> None:
    try:
        await stripe_inbox.take_in(services, session, account, event)
    except BadInput:
        return  # of the other mode: not ours
