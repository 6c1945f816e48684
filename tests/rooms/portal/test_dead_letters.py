"""Work that gave up: seen by administrators alone, tried again one by one or all at once."""

import re

import pytest
from tests.factories.auth import make_person
from tests.rooms.portal.conftest import Desk

from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio


async def test_work_that_gave_up_is_tried_again_by_an_administrator(
    desk: Desk, services: Services
) -> None:
    root = Desk(desk.http, await make_person(services, "root@example.org", is_admin=True))
    here = "/tickets/admin/dead-letters"
    assert (await desk.get(here)).status == 403
    await root.get(here)
    assert "Nothing gave up" in root.text
    async with services.db.write() as session:
        for number in range(2):
            await enqueue(session, "mail.send", {"mail_id": "mail_none"}, key=f"mail:{number}")
    await _give_up(services)
    await root.get(here)
    assert "mail.send" in root.text
    assert "the post is closed" in root.text
    assert 'href="/api/tickets/health"' in root.html
    letter = re.search(rf'action="({here}/\d+/replay)"', root.html)
    assert letter
    await root.post(letter[1])
    assert "It is tried again now." in root.text
    await root.post(f"{here}/replay")
    assert "1 is tried again now." in root.text
    async with services.db.read() as session:
        states = [(await session.get_one(Job, number)).state for number in (1, 2)]
    assert states == ["ready", "ready"]
    assert "Nothing gave up" in root.text


async def _give_up(services: Services) -> None:
    async with services.db.write() as session:
        for number in (1, 2):
            job = await session.get_one(Job, number)
            job.state, job.attempt = "dead", 10
            job.error, job.finished_at = "the post is closed", services.clock()
