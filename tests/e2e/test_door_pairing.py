"""Becoming a phone of an event: by link, after a lost answer, and refused in plain words."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Error
from tests.e2e.door_world import DoorPhone, World


def test_a_pairing_link_leads_to_the_shift_and_leaves_the_address(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.page.goto(f"{world.address}/tickets/checkin/?pair={world.code('North gate')}")
    phone.page.locator("form button[type=submit]").click()
    phone.page.locator(".shift-screen").wait_for()
    phone.ready()
    info = phone.call("(app) => app.door.info")
    assert info["name"] == "North gate"
    assert phone.page.url == f"{world.address}/tickets/checkin/?p={info['id']}"
    assert phone.call("async (app) => (await app.pairings()).length") == 1


def test_a_lost_answer_is_asked_for_again_and_pairs_once(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone, code = new_phone(), world.code()
    phone.page.goto(f"{world.address}/tickets/checkin/")
    lost: list[int] = []

    def lose(route: object) -> None:
        lost.append(route.fetch().json()["device"])  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    phone.page.route("**/checkin/pair", lose)
    with pytest.raises(Error, match="Unreachable"):
        phone.call("(app, code) => app.pair(code)", code)
    phone.page.unroute("**/checkin/pair")
    paired = phone.call("(app, code) => app.pair(code)", code)
    assert [paired["device"]] == lost


def test_a_used_code_is_refused_in_words(world: World, new_phone: Callable[[], DoorPhone]) -> None:
    code = world.code()
    new_phone().pair(code)
    other = new_phone()
    other.page.goto(f"{world.address}/tickets/checkin/?pair={code}")
    other.page.locator("form button[type=submit]").click()
    other.page.get_by_text("used by another phone").wait_for()
    assert other.call("async (app) => (await app.pairings()).length") == 0


def test_the_private_key_cannot_be_taken_out(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    extractable = phone.call(
        """async (app) => {
            const {allPairings} = await import('./src/data/pairings.js');
            const [{record}] = await allPairings(app.outbox);
            return record.keys.privateKey.extractable;
        }"""
    )
    assert extractable is False
