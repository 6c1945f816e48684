"""Windows and phones beside each other: one lock per pairing, conflicts that name both."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Error
from tests.e2e.door_world import DoorPhone, World

from handstamp.checkin.find_conflicts import conflicts
from handstamp.plumbing.web import Services


def second_window(phone: DoorPhone) -> DoorPhone:
    """Open the same pairing in another window of the same browser."""
    other = DoorPhone(phone.page.context.new_page(), phone.world, phone.device)
    other.open()
    return other


def test_only_one_window_of_a_pairing_scans(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    first = new_phone()
    first.pair(world.code())
    assert first.type(world.tokens[0])["verdict"] == "valid"
    second = second_window(first)
    assert second.status()["holdsLock"] is False
    with pytest.raises(Error, match="not scanning: lock"):
        second.type(world.tokens[0])

    second.call("(app) => app.door.takeOver()")
    second.settle(holdsLock=True)
    first.settle(holdsLock=False)
    assert second.type(world.tokens[0])["verdict"] == "already_used"
    assert second.type(world.tokens[1])["verdict"] == "valid"
    with pytest.raises(Error, match="not scanning: lock"):
        first.type(world.tokens[1])
    second.settle(holdsLock=True, pending=1)  # the refusal still gathers
    admits = [fact for fact in world.facts(first.device) if fact.kind == 1]
    assert [(fact.number, fact.serial) for fact in admits] == [
        (1, world.tickets[0].serial),
        (2, world.tickets[1].serial),
    ]


def test_a_closed_window_hands_scanning_on(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    first = new_phone()
    first.pair(world.code())
    assert first.type(world.tokens[0])["verdict"] == "valid"
    second = second_window(first)
    first.page.close()
    second.settle(holdsLock=True)
    assert second.type(world.tokens[0])["verdict"] == "already_used"


def test_two_phones_offline_admit_one_ticket_and_both_are_named(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phones = [new_phone(), new_phone()]
    for phone, name in zip(phones, ("North gate", "South gate"), strict=True):
        phone.pair(world.code(name))
    world.kill()
    for phone in phones:
        assert phone.type(world.tokens[0])["verdict"] == "valid"
    world.start()
    for phone in phones:
        phone.call("(app) => app.door.syncNow()")
        phone.settle(pending=0, online=True)

    async def find(services: Services) -> list[set[str]]:
        async with services.db.read() as session:
            rows = await conflicts(session, world.event.id)
            return [{side.scan.device_name for side in row.sides} for row in rows]

    assert world.work(find) == [{"North gate", "South gate"}]
    for phone in phones:
        phone.until("(app) => app.door.status.listAgeS < 30")
        assert phone.type(world.tokens[0])["verdict"] == "already_used"


def test_a_refund_elsewhere_reaches_an_online_phone(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    world.refund(world.tickets[3])
    phone.until(
        "async (app, serial) => app.door.tickets.index.ticket(serial)[2] === 1",
        world.tickets[3].serial,
    )
    assert phone.type(world.tokens[3])["verdict"] == "refunded"
