"""The double's front page: what was paid, and playing the bank by pressing buttons."""

import httpx2
import stripe
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.fakestripe.shop import session


async def press(double: StripeDouble, **form: str) -> httpx2.Response:
    """Press a button of the page."""
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
        return await http.post(f"{double.url}/", data=form)


async def test_the_bank_is_played_on_the_front_page(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    for _time in range(2):
        made = await session(sdk, account)
        await stripe_double.pay(made.id, email="ada@example.org")
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
        page = (await http.get(f"{stripe_double.url}/")).text
    assert "30.00 EUR" in page
    assert "ada@example.org" in page
    first, second = await stripe_double.objects("charge", account=account)
    assert "30.00 EUR refunded" in (await press(stripe_double, order="refund", of=first["id"])).text
    shown = await press(stripe_double, order="dispute", of=second["id"])
    assert "needs response" in shown.text
    (dispute,) = await stripe_double.objects("dispute", account=account)
    shown = await press(stripe_double, order="close_dispute", id=dispute["id"], won="yes")
    assert "Dispute: won" in shown.text


async def test_other_orders_than_its_buttons_are_refused(stripe_double: StripeDouble) -> None:
    assert (await press(stripe_double, order="reset")).status_code == 400
    assert (await press(stripe_double, order="refund", of="ch_none")).status_code == 400
