"""What is kept of somebody, counted, and why they could not be erased now."""

from dataclasses import dataclass

from handstamp.auth.find_person import find_person
from handstamp.plumbing.web import Actor, Services, check_admin
from handstamp.privacy.export_person import gather
from handstamp.privacy.find_reasons import hold_person


@dataclass(frozen=True)
class Counted:
    """How much there is of a person, without its contents; `reasons` against erasing."""

    email: str
    has_account: bool
    orders: int
    preorders: int
    tickets: int
    clubs: int
    mails: int
    reasons: list[str]


async def look_up_person(services: Services, actor: Actor, email: str) -> Counted:
    """Count what is kept of an address, for whoever runs this server.

    Raises:
        Forbidden: the actor does not run this server.
        BadInput: that is no address.
    """
    check_admin(actor)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:  # it takes locks
        person = await find_person(session, email)
        told = await gather(session, services, person)
        held = await hold_person(session, person)
    return Counted(
        email=person.email,
        has_account=bool(person.user_id),
        orders=len(held.orders),
        preorders=len(held.preorders),
        tickets=len(told["tickets"]),
        clubs=len(told["clubs"]),
        mails=len(told["mails"]),
        reasons=held.reasons,
    )
