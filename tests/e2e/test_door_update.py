"""New versions of the app: swapped in by a tap, rolled back, and no unsent fact lost."""

from collections.abc import Callable

from tests.e2e.app_copy import publish
from tests.e2e.door_world import DoorPhone, World

FACTS = 100


def swap(phone: DoorPhone) -> None:
    """Find the waiting version, tap it in, and wait for the page to come back."""
    phone.call("(app) => app.updates.look()")
    phone.until("(app) => app.updateWaiting")
    with phone.page.expect_navigation():
        phone.call("(app) => { void app.applyUpdate(); }")
    phone.ready()


def test_update_and_roll_back_keep_unsent_facts(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    world.issue(FACTS)
    phone = new_phone()
    phone.pair(world.code())
    first = phone.call("(app) => app.build")
    phone.page.context.route("**/checkin/sync", lambda route: route.abort())
    admitted = phone.call(
        "async (app, tokens) => { const seen = new Set();"
        " for (const text of tokens) seen.add((await app.door.scanText(text, 'wedge')).verdict);"
        " return [...seen]; }",
        world.tokens,
    )
    assert admitted == ["valid"]
    scanned = len(world.tokens)
    assert phone.status()["pending"] == scanned

    second = publish(world.app, "the next version")
    swap(phone)
    assert phone.call("(app) => app.build") == second != first
    assert phone.status()["pending"] == scanned

    publish(world.app, "")
    swap(phone)
    assert phone.call("(app) => app.build") == first
    assert phone.status()["pending"] == scanned

    phone.page.context.unroute("**/checkin/sync")
    phone.call("async (app) => { await app.door.close(); }")
    phone.open()
    phone.settle(pending=0)
    facts = world.facts(phone.device)
    assert [fact.number for fact in facts] == list(range(1, scanned + 1))
    assert [fact.serial for fact in facts] == [ticket.serial for ticket in world.tickets]


def test_a_new_version_waits_for_the_tap(world: World, new_phone: Callable[[], DoorPhone]) -> None:
    phone = new_phone()
    phone.pair(world.code())
    before = phone.call("(app) => app.build")
    publish(world.app, "the next version")
    phone.call("(app) => app.updates.look()")
    phone.until("(app) => app.updateWaiting")
    assert phone.type(world.tokens[0])["verdict"] == "valid"
    assert phone.call("(app) => app.build") == before
    phone.page.reload()
    phone.ready()
    assert phone.call("(app) => app.build") == before
