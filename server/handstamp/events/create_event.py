"""Creating an event: its number is random, for a sequence could be rewound by a restore."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import rules, store
from handstamp.events.announce import announce
from handstamp.events.models import Event
from handstamp.events.shapes import NewEvent
from handstamp.kit.ids import base32_encode, new_id, random_int
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

_MADE = {"code", "slug", "snapshot_fields"}


async def create_event(
    session: AsyncSession, services: Services, actor: Actor, organizer_id: str, new: NewEvent
) -> Event:
    """Create a draft event of an organizer.

    Raises:
        NotFound: the actor does not run that organizer.
        Conflict: the wished address is taken.
    """
    if not actor.may_manage(organizer_id):
        raise NotFound(_("There is no such organizer among yours."))
    now = services.clock()
    event = Event(
        id=new_id("evt"),
        organizer_id=organizer_id,
        number=await _free_number(session),
        slug=await _slug(session, new),
        code=new.code or rules.code_from(new.title),
        snapshot_fields=",".join(dict.fromkeys(new.snapshot_fields)),
        status="draft",
        fee_bp=services.settings.ticket_fee_bp,
        fee_fixed=services.settings.ticket_fee_fixed,
        created_at=now,
        updated_at=now,
        **new.model_dump(exclude=_MADE),
    )
    session.add(event)
    await session.flush()
    await record(session, actor, "event.create", "event", event.id, organizer_id=organizer_id)
    announce(session, services, event.id)
    return event


async def _free_number(session: AsyncSession) -> int:
    while True:
        number = random_int(24)
        if not await store.number_taken(session, number):
            return number


async def _slug(session: AsyncSession, new: NewEvent) -> str:
    if new.slug is not None:
        if await store.slug_taken(session, new.slug):
            raise Conflict(_("Another event already uses that address. Choose another."))
        return new.slug
    slug = rules.slug_from(new.title)
    if len(slug) >= 3 and not await store.slug_taken(session, slug):
        return slug
    return f"{slug}-{base32_encode(random_int(30), 6).lower()}"
