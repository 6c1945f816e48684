"""An organizer's own words to everybody who holds something of an event."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.find_events import owned_event
from handstamp.mail.addresses import one_line
from handstamp.notices.models import Notice
from handstamp.notices.tell_holders import add_notice, count_readers
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

LONGEST_SUBJECT, LONGEST_BODY = 150, 5_000
MESSAGES_PER_DAY = 5  # to the holders of one event


async def write_message(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    subject: str,
    body: str,
    expected: int,
) -> Notice:
    """Write to every holder of an event, one mail each; the caller has limited how often.

    `expected`: how many were told of when it was looked at, at least. It is about the event that
    they hold a ticket of; for advertising there is the consent that buyers give, and no page that
    sends it.

    Raises:
        NotFound: it is not the actor's.
        BadInput: a subject or a text is missing, or too long.
        Conflict: nobody holds anything, or fewer do than when it was looked at.
    """
    event = await owned_event(session, actor, event_id)
    subject, body = checked(subject, body)
    found = await count_readers(session, event.id)
    if not found:
        raise Conflict(_("Nobody holds a ticket of this event."))
    if found < expected:  # more, in a running sale, are told too
        raise Conflict(_("Fewer people hold tickets now than you saw. Look at it again."))
    at = services.clock()
    notice = await add_notice(session, actor, event, "message", subject=subject, body=body, at=at)
    await record(
        session, actor, "event.message", "event", event.id,
        organizer_id=event.organizer_id, meta={"notice": notice.id, "told": notice.total},
    )  # fmt: skip
    return notice


def checked(subject: str, body: str) -> tuple[str, str]:
    """Return a subject in one line and a text as they are kept.

    Raises:
        BadInput: one is missing or too long.
    """
    subject, body = one_line(subject).strip(), body.replace("\x00", "").strip()
    for name, text, most in (("subject", subject, LONGEST_SUBJECT), ("body", body, LONGEST_BODY)):
        if not text or len(text) > most:
            message = _("Write a subject and a text, of 150 and 5,000 letters at most.")
            raise BadInput(message, errors=[{"field": name, "message": message}])
    return subject, body
