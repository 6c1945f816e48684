"""Codes at the hold: hidden tiers, uses that two buyers want at once, and guesses."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.factories.events import make_tier
from tests.factories.orders import make_buyer, make_sale
from tests.rooms.orders.test_priced_orders import code

from handstamp.discounts import save_code
from handstamp.discounts.models import Discount
from handstamp.discounts.save_code import change_code
from handstamp.discounts.shapes import CodeChange, NewCode
from handstamp.discounts.try_codes import WINDOW, WRONG_AT_MOST
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.plumbing.errors import BadInput, Conflict, Problem, TooMany
from handstamp.plumbing.web import SYSTEM, Services


async def used(services: Services, code_id: str) -> int:
    async with services.db.read() as session:
        found = await session.get(Discount, code_id)
    assert found is not None
    return found.used


async def hidden_tier(services: Services, event: Event) -> Tier:
    async with services.db.write() as session:
        return await make_tier(
            session, services, event, "Backstage", price_cents=9_000, visibility="hidden"
        )


async def test_the_last_use_goes_to_one_of_many_at_once(services: Services) -> None:
    event, (tier, _other) = await make_sale(services)
    code_id = await code(services, event.id, "LAST", max_uses=3)
    twins = [replace(services, rooms={}) for _ in range(2)]  # as two processes would be

    async def one(place: int) -> Order | Problem:
        buyer = make_buyer(f"buyer-{place}")
        try:
            return await hold(twins[place % 2], buyer, event.id, {tier.id: 1}, codes=["LAST"])
        except Problem as problem:
            return problem

    found = await asyncio.gather(*(one(place) for place in range(10)))
    orders = [one for one in found if isinstance(one, Order)]
    refused = [one for one in found if isinstance(one, Problem)]
    assert len(orders) == 3
    assert {problem.code for problem in refused} == {"code_used_up"}
    assert await used(services, code_id) == 3


async def test_two_codes_added_at_once_are_not_one_too_many(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, _tiers = await make_sale(services)
    monkeypatch.setattr(save_code, "MOST", 1)
    async with services.db.write() as session:
        first = NewCode(code="FIRST", kind="percent", value=1_000)
        await save_code.add_code(session, services, SYSTEM, event.id, first)
        late = asyncio.create_task(code(services, event.id, "LATE"))
        await asyncio.wait({late}, timeout=0.5)
    with pytest.raises(Conflict, match="codes at most"):
        await late


async def test_the_same_again_takes_no_second_use(services: Services) -> None:
    event, (tier, _other) = await make_sale(services)
    code_id = await code(services, event.id, "ONCE", max_uses=1)

    async def held(**others: Any) -> Order:
        return await hold(services, make_buyer(), event.id, {tier.id: 1}, **others)

    first = await held(codes=["once"])
    assert (await held(codes=[" ONCE "])).id == first.id
    assert await used(services, code_id) == 1
    more = await hold(services, make_buyer(), event.id, {tier.id: 2}, codes=["ONCE"])
    assert (more.discount, await used(services, code_id)) == (500, 1)
    plain = await held()
    assert (plain.discount, plain.discount_code_id) == (0, None)
    assert await used(services, code_id) == 0


async def test_a_hidden_tier_needs_its_key(services: Services) -> None:
    event, (general, _other) = await make_sale(services)
    hidden = await hidden_tier(services, event)
    await code(services, event.id, "KEY", kind="access", value=0, tiers=[hidden.id])
    with pytest.raises(Conflict) as refused:
        await hold(services, make_buyer(), event.id, {hidden.id: 1})
    assert refused.value.code == "not_on_sale"
    order = await hold(services, make_buyer(), event.id, {hidden.id: 1}, codes=["KEY"])
    assert (order.total, order.discount, bool(order.access_code_id)) == (9_000, 0, True)
    beside = await hold(services, make_buyer("bob"), event.id, {general.id: 1}, codes=["KEY"])
    assert beside.access_code_id is None


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"starts_at": HOUR}, "code_not_yet"),
        ({"ends_at": 0}, "code_ended"),
        ({"tiers": "other"}, "code_not_for"),
    ],
)
async def test_a_code_that_does_not_count_says_why(
    services: Services, clock: FakeClock, values: dict[str, Any], refusal: str
) -> None:
    event, (tier, other) = await make_sale(services)
    given = {
        name: [other.id] if name == "tiers" else clock() + value for name, value in values.items()
    }
    await code(services, event.id, "CODE", **given)
    with pytest.raises(Conflict) as refused:
        await hold(services, make_buyer(), event.id, {tier.id: 1}, codes=["CODE"])
    assert refused.value.code == refusal


async def test_a_code_that_is_off_or_of_another_event_is_no_code(services: Services) -> None:
    event, (tier, _other) = await make_sale(services)
    elsewhere, _tiers = await make_sale(services)
    await code(services, elsewhere.id, "THERE")
    code_id = await code(services, event.id, "HERE")
    async with services.db.write() as session:
        await change_code(session, services, SYSTEM, code_id, CodeChange(status="off"))
    for text in ("THERE", "HERE", "x\x00y", "' OR 1=1 --"):
        with pytest.raises(Conflict) as refused:
            await hold(services, make_buyer(), event.id, {tier.id: 1}, codes=[text])
        assert refused.value.code == "no_such_code"


async def test_guessing_is_limited_for_the_guesser_alone(
    services: Services, clock: FakeClock
) -> None:
    event, (tier, _other) = await make_sale(services)
    await code(services, event.id, "RIGHT")
    guesser, honest = make_buyer("eve", network="ab" * 16), make_buyer("ada", network="cd" * 16)
    for number in range(WRONG_AT_MOST):
        with pytest.raises(Conflict):
            await hold(services, guesser, event.id, {tier.id: 1}, codes=[f"WRONG-{number}"])
    with pytest.raises(TooMany):
        await hold(services, guesser, event.id, {tier.id: 1}, codes=["RIGHT"])
    assert (await hold(services, honest, event.id, {tier.id: 1}, codes=["RIGHT"])).discount
    with pytest.raises(BadInput):
        await hold(services, honest, event.id, {tier.id: 1}, codes=[f"C-{n}" for n in range(6)])
    clock.advance(WINDOW)
    assert (await hold(services, guesser, event.id, {tier.id: 1}, codes=["RIGHT"])).discount
