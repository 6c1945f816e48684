"""The chosen language needs no network: its words are part of the build that a phone keeps."""

from collections.abc import Callable

from playwright.sync_api import expect
from tests.e2e.door_world import DoorPhone, World


def test_a_phone_keeps_its_language_when_the_server_is_dead(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    page = phone.page
    page.goto(f"{world.address}/tickets/checkin/")
    page.select_option("#language", "fr")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_label("Code d’association").fill("NOSUCHCD")
    page.locator("form button[type=submit]").click()
    expect(page.get_by_text("Ce code d’association n’existe pas.")).to_be_visible()
    phone.pair(world.code())
    assert phone.type(world.tokens[0])["verdict"] == "valid"
    phone.settle(pending=0)
    world.kill()
    page.reload()
    phone.ready()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert phone.type(world.tokens[0])["verdict"] == "already_used"
    expect(page.get_by_role("button", name="Commencer à scanner")).to_be_visible()
    world.start()
