"""Marks a pre-order as being charged and stores what the call is made with, before the call."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import club_event
from handstamp.payments.payment_accounts import account_by_id, account_of
from handstamp.plumbing.web import Services
from handstamp.preorders import run_queries, store
from handstamp.preorders.change_status import change_status
from handstamp.preorders.models import PreOrder


class Begun(NamedTuple):
    """A pre-order whose charge is begun; not `usable` when its card's account has left us."""

    preorder: PreOrder
    usable: bool = True


async def begin_charge(session: AsyncSession, services: Services, preorder_id: str) -> Begun | None:
    """Begin the charge of an approved pre-order, or go on with one that is begun; None if neither.

    Only while its run goes on, and only with stock where stock must be there first.
    """
    preorder = await store.preorder(session, preorder_id, lock=True)
    if preorder is None:
        return None
    if preorder.status == "approved":
        return await _begin(session, services, preorder)
    return Begun(preorder) if preorder.status == "charging" else None


async def begin_again(session: AsyncSession, services: Services, seen: PreOrder) -> Begun | None:
    """Begin another attempt of a charge that is certain not to have been made.

    None when it has moved on since it was looked up.
    """
    preorder = await store.preorder(session, seen.id, lock=True)
    if preorder is None or preorder.status != "charging":
        return None
    if preorder.charge_attempt != seen.charge_attempt:
        return None
    _give_key(services, preorder)
    await session.flush()
    return Begun(preorder)


async def _begin(session: AsyncSession, services: Services, preorder: PreOrder) -> Begun | None:
    run = await run_queries.run(session, preorder.run_id or "")
    terms = await club_event(session, preorder.club_id, preorder.event_id)
    covered = preorder.reserved or terms.charge_mode == "prepaid"
    if run is None or run.state != "running" or not covered or not preorder.payment_method_id:
        return None
    usable = await _is_usable(session, preorder)
    preorder.failure_code = ""
    _give_key(services, preorder)
    await change_status(session, services, preorder, "charging", run=run.id)
    await session.flush()
    return Begun(preorder, usable)


def _give_key(services: Services, preorder: PreOrder) -> None:
    preorder.charge_attempt += 1
    preorder.charge_key = f"preorder:{preorder.id}:charge:{preorder.charge_attempt}"
    preorder.charge_started_at = services.clock()


async def _is_usable(session: AsyncSession, preorder: PreOrder) -> bool:
    """Tell whether the account that the card lives on still works with us; find the payee."""
    if preorder.account:
        account = await account_by_id(session, preorder.account)
        return account is not None and account.deauthorized_at is None
    if preorder.charge_type == "destination":
        payee = await account_of(session, preorder.organizer_id)
        preorder.destination = payee.stripe_account_id if payee else ""
    return True
