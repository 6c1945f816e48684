"""The scheduled job that reminds of disputes near their deadline: once each."""

from handstamp.kit.clock import DAY, MINUTE, Millis
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import Services
from handstamp.refunds import store
from handstamp.refunds.dispute_mails import tell_again
from handstamp.refunds.rules import waits_for_answer

JOB = "refunds.remind_disputes"
EVERY: Millis = 15 * MINUTE
BEFORE: Millis = 2 * DAY


async def remind_disputes(ctx: JobContext) -> None:
    """Queue a mail for each dispute that nobody answered and whose deadline is near."""
    await remind_now(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def remind_now(services: Services) -> None:
    """Queue what is due; a dispute is held locked meanwhile, so that no second worker does it too.

    One that opened within the last two days before its deadline is not reminded of: its first
    mail has said it.
    """
    now = services.clock()
    async with services.db.write(actor="disputes") as session:
        for dispute in await store.disputes_due(session, now, now + BEFORE):
            assert dispute.respond_by is not None
            if (
                waits_for_answer(dispute.status)
                and dispute.respond_by - BEFORE > dispute.created_at
            ):
                payment = await store.payment(session, dispute.payment_id)
                await tell_again(session, dispute, payment.organizer_id)
