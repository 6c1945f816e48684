"""A phone saves its log without a server; the file verifies, and is handed in for the phone."""

from collections.abc import Callable
from pathlib import Path

from tests.e2e.door_world import DoorPhone, World
from tests.e2e.test_door_camera import begin_shift

from handstamp.checkin.hand_in_file import HandedIn, hand_in_file
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.checkin.verify_log import verify_log
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.web import SYSTEM, Services


def test_a_log_saved_without_a_server_verifies_and_is_handed_in(
    world: World, new_phone: Callable[[], DoorPhone], tmp_path: Path
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    phone.type(world.tokens[0])
    phone.settle(pending=0)
    world.kill()
    assert phone.type(world.tokens[1])["verdict"] == "valid"
    begin_shift(phone)
    page = phone.page
    page.get_by_role("navigation", name="Screens").get_by_role("button", name="Log").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save this log as a file").click()
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    lines = path.read_bytes().splitlines(keepends=True)

    async def key(services: Services) -> bytes:
        return (await kept_key(services, SERVER_KEY))[0]

    report = verify_log(lines, world.work(key))
    assert (report.fault, report.facts, report.by) == (None, 2, "device")
    assert report.device == phone.device

    async def hand_in(services: Services) -> HandedIn:
        return await hand_in_file(services, SYSTEM, lines)

    assert world.work(hand_in).new == 1
    world.start()
    phone.settle(pending=0, online=True)
    assert len(world.facts(phone.device)) == 2
