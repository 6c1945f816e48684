"""The page that gives the widget's lines to copy."""

import pytest
from sqlalchemy import update
from tests.rooms.portal.conftest import Desk, Show

from handstamp.events.models import Event
from handstamp.plumbing.web import Services
from handstamp.plumbing.widget_script import LATEST, integrity

pytestmark = pytest.mark.anyio


async def test_the_page_gives_lines_to_copy_and_says_why_nothing_is_shown(
    desk: Desk, show: Show
) -> None:
    await desk.get(f"{show.base}/widget")
    assert desk.status == 200
    assert "Ticket sales are switched off on this server." in desk.text
    assert f'data-event="{show.event.slug}"></script>' in desk.text
    assert f'data-organizer="{show.organizer.id}"></script>' in desk.text
    assert f'integrity="{integrity(LATEST)}"' in desk.text


async def test_a_title_is_text_in_the_lines_to_copy(
    desk: Desk, show: Show, services: Services
) -> None:
    async with services.db.write() as session:
        named = update(Event).where(Event.id == show.event.id)
        await session.execute(named.values(title='</a><img src=x onerror="alert(1)">'))
    await desk.get(f"{show.base}/widget")
    assert "&lt;/a&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;</a></noscript>" in desk.text
