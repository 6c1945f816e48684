"""Empty the bodies of Stripe's events about an erased person; ids stay, so none comes anew."""

from sqlalchemy import update

from handstamp.plumbing.jobs import JobContext
from handstamp.privacy.erase_person import EVENTS_JOB as JOB
from handstamp.webhooks.models import StripeEvent

__all__ = ["JOB", "forget_events"]
_ENDED = ("done", "ignored")


async def forget_events(ctx: JobContext) -> None:
    """Empty what has been worked off; what has not is emptied by the job that clears old bodies."""
    objects = [str(one) for one in ctx.args["objects"]]
    async with ctx.write() as session:
        await session.execute(
            update(StripeEvent)
            .where(StripeEvent.object_id.in_(objects), StripeEvent.status.in_(_ENDED))
            .values(payload="")
            .execution_options(synchronize_session=False)
        )
        await ctx.acknowledge(session)
