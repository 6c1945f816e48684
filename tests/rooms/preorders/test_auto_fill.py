"""Uploads find who waits: approved in their order by themselves, charged and served as ever."""

import pytest
from tests.rooms.preorders.charge_club import OpenClub
from tests.rooms.preorders.test_pool_story import bring

pytestmark = pytest.mark.anyio


async def test_an_upload_approves_who_waits_in_their_order(club_of: OpenClub) -> None:
    club = await club_of(offer={"stock": "pool", "auto_fill": True})
    for _number in range(3):
        await club.member()
    await bring(club, 2)
    await club.work()
    await club.check()
    assert await club.statuses() == ["approved", "approved", "pending"]
    await bring(club, 1, first=2)
    await club.work()
    assert await club.statuses() == ["approved", "approved", "approved"]
    await club.run()
    assert await club.statuses() == ["fulfilled", "fulfilled", "fulfilled"]
    await club.check()


async def test_without_it_the_organizer_decides(club_of: OpenClub) -> None:
    club = await club_of(offer={"stock": "pool"})
    await club.member()
    await bring(club, 1)
    await club.work()
    assert await club.statuses() == ["pending"]
