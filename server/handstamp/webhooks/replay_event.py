"""Trying a dead letter again, once somebody has mended what was wrong."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.plumbing import job_queue
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.webhooks import store, stripe_inbox
from handstamp.webhooks.find_dead_letters import DeadLetter, find_dead_letter


async def replay(session: AsyncSession, actor: Actor, letter_id: str) -> DeadLetter:
    """Make a dead letter ready again with fresh attempts, and return what it was.

    Whatever it does is safe to repeat: events by what Stripe says now, jobs by their own rule.

    Raises:
        NotFound: there is no such dead letter (any more).
    """
    letter = await find_dead_letter(session, letter_id)
    if letter is None:
        raise NotFound(_("There is no such dead letter."))
    if letter.id.isdigit():
        await job_queue.replay(session, int(letter.id))
    else:
        await store.change_event(session, letter.id, {"status": "new", "error": ""})
        await stripe_inbox.queue(session, letter.id)
    await record(session, actor, "dead_letter.replay", "dead_letter", letter.id)
    return letter
