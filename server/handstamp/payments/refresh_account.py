"""Ask Stripe how a connected account stands; what an event says of it is never believed."""

import json

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.payments import store
from handstamp.payments.facts import AccountFacts
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayRefused
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.plumbing.web import Services

JOB = "payments.refresh_account"


async def queue_refresh(session: AsyncSession, stripe_account_id: str) -> None:
    """Have an account asked about soon; of several that wait only one runs."""
    key = f"account:{stripe_account_id}"
    await enqueue(session, JOB, {"account": stripe_account_id}, key=key, dedupe=key)


async def refresh_account(services: Services, stripe_account_id: str) -> None:
    """Retrieve the account and keep what Stripe said; an older answer never overwrites a newer.

    An account that Stripe no longer shows this platform has been disconnected.

    Raises:
        GatewayError: no answer for now.
    """
    asked_at = services.clock()
    facts = await _retrieve(services, stripe_account_id)
    async with services.db.write() as session:
        await _keep(session, stripe_account_id, asked_at, facts)


async def refresh(ctx: JobContext) -> None:
    """Run the job."""
    account = str(ctx.args["account"])
    asked_at = ctx.services.clock()
    facts = await _retrieve(ctx.services, account)
    async with ctx.write() as session:
        await _keep(session, account, asked_at, facts)
        await ctx.acknowledge(session)


async def _retrieve(services: Services, account: str) -> AccountFacts | None:
    try:
        return await gateway(services).retrieve_account(account)
    except GatewayRefused:
        return None


async def _keep(
    session: AsyncSession, account: str, asked_at: int, facts: AccountFacts | None
) -> None:
    if facts is None:
        gone = {"charges_enabled": False, "payouts_enabled": False, "deauthorized_at": asked_at}
        await store.update_account(session, account, asked_at, gone)
        return
    values = {
        "charges_enabled": facts.charges_enabled,
        "payouts_enabled": facts.payouts_enabled,
        "details_submitted": facts.details_submitted,
        "requirements_json": json.dumps(facts.requirements),
        "disabled_reason": facts.disabled_reason,
        "country": facts.country,
        "default_currency": facts.default_currency,
        "deauthorized_at": None,
    }
    await store.update_account(session, account, asked_at, values)
