"""A ticket that nobody pays for: to the next in line, where the club says so, else back."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.models import Club, ClubEvent
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders import run_queries
from handstamp.preorders.change_status import change_status, give_back
from handstamp.preorders.charge_run import enqueue_charges
from handstamp.preorders.fulfil_preorder import deliver
from handstamp.preorders.models import ChargeRun, PreOrder


async def pass_on(
    session: AsyncSession,
    services: Services,
    terms: ClubEvent,
    run: ChargeRun | None,
    preorder: PreOrder,
) -> None:
    """Hand on the stock of a failed pre-order. The caller has locked the run and the club's event.

    First to who has paid and waits, then to who is approved without stock, then to who waits
    for a decision: the club has decided beforehand that these follow.
    """
    if not preorder.reserved:
        return
    club = await session.get_one(Club, preorder.club_id)
    heir = await _heir(session, run, preorder) if club.next_in_line else None
    if heir is None:
        await give_back(session, terms, preorder)
        return
    preorder.reserved, heir.reserved = False, True
    await session.flush()
    if heir.status == "waiting_for_stock":
        await deliver(session, services, heir)
        return
    if heir.status == "pending":
        heir.decided_by, heir.decided_at = SYSTEM.id, services.clock()
        await change_status(session, services, heir, "approved", instead_of=preorder.id)
    assert run is not None
    heir.run_id = run.id
    await session.flush()
    await enqueue_charges(session, [heir])


async def _heir(
    session: AsyncSession, run: ChargeRun | None, preorder: PreOrder
) -> PreOrder | None:
    groups = ["waiting_for_stock"]
    if run is not None and run.state in ("running", "paused"):
        groups += ["approved", "pending"]
    for status in groups:
        found = await run_queries.next_in_line(session, preorder, [status])
        if found is not None:
            return found
    return None
