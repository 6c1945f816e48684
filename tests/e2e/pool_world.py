"""An installation where members have paid and wait for tickets from elsewhere."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.e2e.door_world import World
from tests.e2e.member_world import member_world
from tests.factories.auth import make_person
from tests.factories.clubs import make_club_sale
from tests.factories.pool_members import make_paid

from handstamp.auth.models import Member
from handstamp.plumbing.web import Services

_NUMBERS = itertools.count()
TITLE, EARLY, LATE = "Harbour Night", "Entry 20:00 – 20:30", "Entry 21:30 – 22:00"


@dataclass(frozen=True)
class Waiting:
    """A running installation, its event, and the sessions of owner and of who paid first."""

    world: World
    organizer: str
    event: str
    owner: str
    member: str
    preorder: str

    @property
    def upload(self) -> str:
        """The address where tickets of the event are uploaded."""
        return f"/tickets/organizer/events/{self.event}/pool/upload"

    @property
    def whole(self) -> str:
        """The address where tickets of all of the organizer's events are uploaded."""
        return f"/tickets/organizer/pool/{self.organizer}/upload"


def begin_waiting(world: World, early: int = 3, late: int = 1) -> Waiting:
    """Make the event with its two variants, and members who have paid for them."""

    async def act(services: Services) -> Waiting:
        club, offer, _tiers = await make_club_sale(
            services,
            prices={EARLY: 2_500, LATE: 2_000},
            offer={"declared": 50},
            title=TITLE,
            currency="GBP",
        )
        members = [await make_paid(services, offer) for _ in range(early)]
        for _ in range(late):
            await make_paid(services, offer, tier=1)
        owner = await make_person(services, f"harry{next(_NUMBERS)}@example.org")
        async with services.db.write() as session:
            own = Member(user_id=owner.actor.id, organizer_id=club.organizer_id, role="owner")
            session.add(own)
        first, preorder = members[0]
        return Waiting(
            world, club.organizer_id, offer.event.id, owner.token, first.token, preorder.id
        )

    return world.work(act)


@pytest.fixture(scope="module")
def pool_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running installation."""
    with member_world(tmp_path_factory.mktemp("pool")) as world:
        world.start()
        yield world


@pytest.fixture
def waiting(pool_server: World) -> Waiting:
    """An organizer of its own in it, whose members wait."""
    return begin_waiting(pool_server)
