"""The logs of devices in real Chromium: verified, taken away, and named when they are broken."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import select, update
from tests.e2e.portal_world import Office, evening, new_office
from tests.e2e.stage import PHONE
from typer.testing import CliRunner

from handstamp.checkin.models import Device, Fact
from handstamp.cli import build
from handstamp.plumbing.web import Services

__all__ = ["evening", "new_office"]


def test_an_organizer_verifies_a_log_and_takes_it_away(
    new_office: Callable[[], Office], tmp_path: Path
) -> None:
    office = new_office()
    page = office.open(f"{office.base}/devices")
    page.get_by_role("link", name="Logs", exact=True).click()
    page.get_by_role("button", name="Verify now North door").click()
    expect(page.get_by_text("The log of North door holds")).to_be_visible()
    card = page.get_by_role("article", name="North door")
    expect(card.get_by_text("Holds", exact=True)).to_be_visible()
    assert office.faults() == []
    with page.expect_download() as taken:
        card.get_by_role("button", name="Download North door").click()
    file = tmp_path / taken.value.suggested_filename
    taken.value.save_as(file)
    command = page.locator("pre").inner_text().split()  # handstamp verify-log --key … FILE
    told = CliRunner().invoke(build(command[1:2]), [*command[1:-1], str(file)])
    assert told.exit_code == 0, told.output
    assert "North door" in told.output
    file.write_bytes(file.read_bytes()[:-20])
    told = CliRunner().invoke(build(command[1:2]), [*command[1:-1], str(file)])
    assert told.exit_code == 1
    assert "BAD at line" in told.output


def test_a_log_that_was_changed_is_named_and_the_others_are_not(
    new_office: Callable[[], Office],
) -> None:
    office = new_office()

    async def change(services: Services) -> None:
        async with services.db.write() as session:
            device = await session.scalar(select(Device.id).where(Device.name == "South door"))
            first = (Fact.device_id == device) & (Fact.number == 1)
            await session.execute(update(Fact).where(first).values(verdict=7))

    office.world.work(change)
    page = office.open(f"{office.base}/logs")
    page.get_by_role("button", name="Verify now South door").click()
    card = page.get_by_role("article", name="South door")
    expect(card.get_by_role("heading", name="Log broken")).to_be_visible()
    expect(card.get_by_text("What the database says of entry 1")).to_be_visible()
    expect(card.get_by_text("What to do")).to_be_visible()
    other = page.get_by_role("article", name="North door")
    expect(other.get_by_text("Log broken")).to_have_count(0)
    assert office.faults() == []
    page.set_viewport_size(PHONE)
    assert office.faults() == []
    office.open(f"{office.base}/devices")
    expect(page.get_by_text("Log broken")).to_be_visible()
