"""Payouts on the page and by the API: what went to the bank, and what moved the balance before."""

import pytest
from tests.factories.auth import make_owner
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop

from handstamp.kit.clock import DAY, SECOND, FakeClock

pytestmark = pytest.mark.anyio


async def pay_out(shop: Shop, clock: FakeClock, status: str = "paid") -> str:
    """Let a day pass, have everything paid out, and return the payout's id."""
    clock.advance(DAY)
    await shop.double.advance(DAY // SECOND)
    made = await shop.double.payout(account=shop.account, available_now=True, status=status)
    await shop.hear()
    clock.advance(DAY)
    await shop.double.advance(DAY // SECOND)
    return str(made["id"])


async def test_payouts_tell_what_moved_the_balance_since_the_one_before(
    either: Shop, clock: FakeClock
) -> None:
    desk = Desk(either.http, either.owner)
    here = f"/tickets/organizer/payouts/{either.organizer_id}"
    assert "No payouts yet" in (await desk.get(here)).text
    order = await either.buy()
    first = await pay_out(either, clock)
    await either.ask(order, amount=1000)
    await either.hear()
    other = await either.buy(((1, 2000),))
    second = await pay_out(either, clock, "pending")
    path = f"/api/tickets/organizers/{either.organizer_id}/payouts"
    told = (await either.http.get(path, headers=either.owner.headers)).json()
    assert [one["id"] for one in told["payouts"]] == [second, first]
    newest, oldest = told["payouts"]
    assert oldest["moved"]["sales"] == order.total
    assert oldest["amount"] == sum(oldest["moved"].values())
    assert (newest["moved"]["sales"], newest["moved"]["refunds"]) == (other.total, -1000)
    assert newest["since"] == oldest["created_at"]
    assert newest["amount"] == sum(newest["moved"].values())
    assert told["balances"] == {"EUR": 0}
    only = (await either.http.get(f"{path}?limit=1", headers=either.owner.headers)).json()
    assert only["next"] == second
    rest = await either.http.get(f"{path}?after={second}", headers=either.owner.headers)
    assert [one["id"] for one in rest.json()["payouts"]] == [first]
    await desk.get(here)
    assert "Being made" in desk.text
    await either.double.settle_payout(second, "failed")
    await either.hear()
    await desk.get(here)
    assert "Failed, back on the balance" in desk.text
    assert first in desk.text
    again = (await either.http.get(path, headers=either.owner.headers)).json()
    assert again["balances"] == {"EUR": newest["amount"]}
    await either.check_books()


async def test_strangers_see_no_payouts_and_the_flag_hides_them(shop: Shop) -> None:
    path = f"/api/tickets/organizers/{shop.organizer_id}/payouts"
    eve, _organizer = await make_owner(shop.services, "eve@example.org")
    assert (await shop.http.get(path, headers=eve.headers)).status_code == 404
    nothing = await shop.http.get(f"{path}?after=po_none", headers=shop.owner.headers)
    assert nothing.status_code == 404
    shop.services.settings = shop.services.settings.model_copy(update={"enable_payouts": False})
    assert (await shop.http.get(path, headers=shop.owner.headers)).status_code == 503
