"""What selling needs of an event and its tiers, typed into forms."""

import re

import pytest
from tests.rooms.portal.conftest import Desk, Show
from tests.rooms.portal.test_events import dated

pytestmark = pytest.mark.anyio


async def test_a_tiers_sales_window_and_limits_are_typed_and_kept(desk: Desk, show: Show) -> None:
    form = {
        "name": "Early",
        "price": "12.50",
        "capacity": "20",
        "max_per_order": "4",
        "sales_start_at": "2027-03-01T09:00",
        "sales_end_at": "2027-04-01T09:00",
        "ask_names": "y",
    }
    await desk.post(f"{show.base}/tiers/new", form, on=f"{show.base}/tiers/new")
    assert "The tier is saved." in desk.text
    link = re.search(r'href="([^"]+)">Early', desk.html)
    assert link
    await desk.get(link[1])
    for value in ("12.50", "20", "4", "2027-03-01T09:00", "2027-04-01T09:00"):
        assert f'value="{value}"' in desk.html
    assert re.search(r'name="ask_names" value="y" checked', desk.html)
    for field, value, said in (
        ("max_per_order", "0", "Write a whole number from 1 to 1000."),
        ("sales_end_at", "2027-02-01T09:00", "must be after"),
        ("price", "0.10", "costs at least"),
    ):
        await desk.post(link[1], {**form, field: value})
        assert desk.status == 422
        assert said in desk.text
        assert f'id="{field}-error"' in desk.html


async def test_an_events_refund_promise_is_typed_and_kept(desk: Desk, show: Show) -> None:
    page = f"{show.base}/edit"
    await desk.get(page)
    assert re.search(r'name="snapshot_fields" value="name"[^>]* checked', desk.html)
    form = {
        "title": "Paper Lanterns",
        **dated(show.event),
        "unknown_policy": "hold",
        "capacity": "80",
        "refund_until": "2027-04-24T12:00",
        "refund_policy": "Half back in the last week.",
        "ask_phone": "y",
        "snapshot_fields": "name",
    }
    await desk.post(page, form)
    await desk.get(page)
    assert 'value="2027-04-24T12:00"' in desk.html
    assert "Half back in the last week." in desk.html
    assert re.search(r'name="ask_phone" value="y" checked', desk.html)
    await desk.post(page, {**form, "refund_until": ""})
    await desk.get(page)
    assert 'value="2027-04-24T12:00"' not in desk.html
