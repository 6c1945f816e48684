"""Fees, taxes and codes at the organizer's desk."""

import re

import pytest
from sqlalchemy import select, update
from tests.rooms.portal.conftest import Desk, Show

from handstamp.discounts.models import Discount
from handstamp.events.models import Tier
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio
TAXED = {
    "fee_payer": "organizer",
    "tax_mode": "rates",
    "name_1": "GST",
    "rate_1": "5",
    "name_2": "QST",
    "rate_2": "9.975",
    "compound_2": "y",
}


async def test_taxes_are_typed_and_an_example_is_worked_out(desk: Desk, show: Show) -> None:
    page = f"{show.base}/prices"
    await desk.get(page)
    for ready_made in ('value="GST"', 'value="PST"', 'value="5"', 'value="7"'):
        assert ready_made in desk.html
    assert 'name="fee_percent"' not in desk.html, "the fee is for administrators"
    await desk.post(page, {**TAXED, "fee_percent": "50"}, on=page)
    assert "Saved." in desk.text
    assert 'value="9.975"' in desk.html
    assert re.search(r'name="compound_2" value="y"[^>]* checked', desk.html)
    assert "QST 9.975%" in desk.text
    for field, value in (("rate_1", ""), ("rate_2", "9.9755"), ("rate_2", "-7"), ("rate_1", "x")):
        await desk.post(page, {**TAXED, field: value})
        assert desk.status == 422


async def test_a_code_is_made_changed_and_switched_off(desk: Desk, show: Show) -> None:
    new = f"{show.base}/codes/new"
    form = {"code": "early-bird", "kind": "percent", "value": "12.5", "max_uses": "30"}
    await desk.post(new, form, on=new)
    assert "The code is saved." in desk.text
    assert "EARLY-BIRD" in desk.text
    assert "12.5% off" in desk.text
    assert "0 / 30" in desk.text
    link = re.search(r'href="([^"]+)">EARLY-BIRD', desk.html)
    assert link
    await desk.get(link[1])
    assert 'value="12.5"' in desk.html
    await desk.post(link[1], {"code": "OTHER", "kind": "fixed", "value": "20"})
    assert "20% off" in desk.text, "a code keeps its text and kind"
    await desk.post(f"{link[1]}/switch", {"to": "off"})
    assert "The code is off." in desk.text
    assert "Switch on" in desk.text
    for wrong in (
        {"code": "early-bird"},
        {"code": "a b"},
        {"value": "101"},
        {"value": "-1"},
        {"value": " "},
    ):
        await desk.post(new, {**form, "code": "ANOTHER", **wrong})
        assert desk.status == 422, wrong


async def test_a_code_for_a_tier_that_is_no_more_does_not_come_to_be_for_all(
    desk: Desk, show: Show, services: Services
) -> None:
    new, tier_id = f"{show.base}/codes/new", show.tickets[0].tier_id
    form = {"code": "GONE", "kind": "percent", "value": "100", "tiers": tier_id}
    await desk.post(new, form, on=new)
    async with services.db.write() as session:
        await session.execute(update(Tier).where(Tier.id == tier_id).values(archived_at=1))
        code = await session.scalar(select(Discount))
    assert code is not None
    page = f"{show.base}/codes/{code.id}"
    await desk.get(page)
    boxes = re.findall(r'name="tiers" value="([^"]+)"[^>]* checked', desk.html)
    assert boxes == [tier_id]
    await desk.get(new)
    assert tier_id not in desk.html
