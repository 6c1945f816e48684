"""Which account an organizer is paid to, and whether it may sell."""

import json
from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.payments import rules, store
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _


async def account_of(session: AsyncSession, organizer_id: str) -> PaymentAccount | None:
    """Return the organizer's account as last retrieved, None when none was ever connected."""
    return await store.account_of(session, organizer_id)


async def accounts_of(
    session: AsyncSession, organizer_ids: Collection[str]
) -> dict[str, PaymentAccount]:
    """Return the accounts of several organizers by organizer; who has none is left out."""
    found = await store.accounts_of(session, organizer_ids)
    return {account.organizer_id: account for account in found}


async def account_by_id(session: AsyncSession, stripe_account_id: str) -> PaymentAccount | None:
    """Return the account with this id of Stripe's."""
    return await store.account_by_id(session, stripe_account_id)


async def connected_accounts(session: AsyncSession) -> list[str]:
    """Return Stripe's ids of every account that is still connected."""
    return await store.account_ids(session)


async def selling_account(session: AsyncSession, organizer_id: str) -> PaymentAccount:
    """Return the account that takes this organizer's payments.

    Raises:
        Conflict: it cannot sell; the detail says why in plain words.
    """
    account = await store.account_of(session, organizer_id)
    reason = why_not_selling(account)
    if reason or account is None:
        raise Conflict(reason, code="cannot_sell")
    return account


def why_not_selling(account: PaymentAccount | None) -> str:
    """Return in plain words why an organizer cannot sell; '' when it can."""
    reason = rules.why_not_selling(standing(account))
    return _(reason) if reason else ""


def state_of(account: PaymentAccount | None) -> str:
    """Return one word: none, disconnected, unfinished, rejected, review, asked, or ready."""
    return rules.state_of(standing(account))


def requirements_of(account: PaymentAccount) -> list[str]:
    """Return in plain words what Stripe still asks for, each once."""
    names: list[str] = json.loads(account.requirements_json)
    return list(dict.fromkeys(_(rules.requirement_words(name)) for name in names))


def standing(account: PaymentAccount | None) -> rules.Standing | None:
    """Return an account as the rules know it."""
    if account is None:
        return None
    return rules.Standing(
        charges_enabled=account.charges_enabled,
        payouts_enabled=account.payouts_enabled,
        details_submitted=account.details_submitted,
        disabled_reason=account.disabled_reason,
        deauthorized=account.deauthorized_at is not None,
    )
