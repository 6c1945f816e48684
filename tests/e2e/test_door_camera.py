"""The camera end to end: frames to a worker, the fact on disk, a verdict on the screen."""

from collections.abc import Callable

from tests.e2e.door_world import DoorPhone, World


def begin_shift(phone: DoorPhone) -> None:
    """Go past the shift screen, so that the camera opens."""
    button = phone.page.locator(".shift-screen form button[type=submit]")
    button.wait_for()
    button.click()
    phone.until("(app) => app.scanner.state === 'running'")


def test_a_code_before_the_camera_becomes_a_verdict_on_the_screen(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    begin_shift(phone)
    light = phone.scan(world.tokens[0])
    assert light["verdict"] == "valid"
    assert light["name"] == world.tickets[0].holder_name
    assert light["printedId"] == world.tickets[0].printed_id
    marks = light["timings"]
    assert 0 < marks["frame"] <= marks["decoded"] <= marks["decided"] <= marks["durable"]
    phone.settle(pending=0)
    (fact,) = world.facts(phone.device)
    assert (fact.serial, fact.scanned) == (world.tickets[0].serial, True)


def test_one_code_held_before_the_camera_is_one_decision(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    begin_shift(phone)
    seen = phone.call(
        """async (app, rows) => {
            const seen = [];
            app.door.addEventListener('light', ({detail}) => seen.push(detail.verdict));
            const wait = (ms) => new Promise((done) => setTimeout(done, ms));
            window.showCode(rows);
            await wait(3500);
            window.showCode([]);
            await wait(2600);
            window.showCode(rows);
            await wait(1500);
            return seen;
        }""",
        world.rows(0),
    )
    assert seen == ["valid", "already_used"]


def test_a_foreign_code_never_freezes_the_camera(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    begin_shift(phone)
    assert phone.scan("https://example.org/menu")["verdict"] == "not_a_ticket"
    assert phone.scan("HS" + world.tokens[0][2:].swapcase()[::-1])["verdict"] != "valid"
    assert phone.scan(world.tokens[1])["verdict"] == "valid"
