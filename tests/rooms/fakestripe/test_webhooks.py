"""Webhooks: signed as the SDK checks, sent until taken, and lost, doubled or shuffled on demand."""

import json
from typing import Any

import pytest
import stripe
from tests.fixtures.stripe_double import STARTS_AT, StripeDouble
from tests.rooms.fakestripe.receiver import receiving
from tests.rooms.fakestripe.shop import session

SALE = [
    "payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
    "checkout.session.completed",
]  # fmt: skip


async def test_a_sale_sends_its_events_signed_with_the_platforms_secret(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    async with receiving() as receiver:
        await stripe_double.send_webhooks_to(platform=f"{receiver.url}/platform")
        await stripe_double.pay((await session(sdk)).id)
        await receiver.wait_for(4)

    kinds = set()
    for path, body, signature in receiver.taken:
        stripe.WebhookSignature.verify_header(
            body.decode(), signature, stripe_double.platform_secret
        )
        assert path == "/platform"
        assert f"t={STARTS_AT}," in signature
        event = json.loads(body)
        assert event["api_version"] == stripe.api_version and "account" not in event
        kinds.add(event["type"])
    assert kinds == set(SALE)


async def test_events_of_a_connected_account_go_to_the_connect_endpoint(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    await stripe_double.take_webhooks()
    data = {"application_fee_amount": 100}
    await stripe_double.pay((await session(sdk, account, payment_intent_data=data)).id)

    taken = await stripe_double.take_webhooks()

    assert [each.type for each in taken if each.endpoint == "platform"] == [
        "application_fee.created"
    ]
    connect = [each for each in taken if each.endpoint == "connect"]
    assert [each.type for each in connect] == SALE
    assert {json.loads(each.body)["account"] for each in connect} == {account}
    for each in connect:
        stripe.WebhookSignature.verify_header(
            each.body.decode(), each.signature, stripe_double.connect_secret
        )
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(
                each.body.decode(), each.signature, stripe_double.platform_secret
            )


async def test_a_refused_webhook_is_sent_again(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    async with receiving() as receiver:
        receiver.refusals = 5
        await stripe_double.send_webhooks_to(platform=receiver.url)
        await stripe_double.pay((await session(sdk)).id)
        await stripe_double.advance(60)
        await receiver.wait_for(4)
    assert {json.loads(body)["type"] for _, body, _ in receiver.taken} == set(SALE)


async def test_held_webhooks_come_in_any_order_and_twice(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    async with receiving() as receiver:
        await stripe_double.send_webhooks_to(platform=receiver.url)
        await stripe_double.webhooks("hold")
        await stripe_double.pay((await session(sdk)).id)
        assert receiver.taken == []
        await stripe_double.deliver("newest")
        first = json.loads(receiver.taken[0][1])
        await stripe_double.duplicate(first["id"], times=2)

    types = [json.loads(body)["type"] for _, body, _ in receiver.taken]
    assert types == [*reversed(SALE), SALE[-1], SALE[-1]]


async def test_a_lost_webhook_is_found_by_listing_what_was_not_delivered(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    async with receiving() as receiver:
        await stripe_double.send_webhooks_to(platform=receiver.url)
        await stripe_double.webhooks("drop", types=["checkout.session.completed"], times=1)
        await stripe_double.pay((await session(sdk)).id)
        await stripe_double.pay((await session(sdk)).id)
        await receiver.wait_for(7)
        await stripe_double.deliver()

    wanted: Any = {"types": ["checkout.session.completed"], "delivery_success": False}
    lost = await sdk.v1.events.list_async(wanted)
    every = await sdk.v1.events.list_async({"types": ["checkout.session.*"]})
    assert (len(lost.data), len(every.data)) == (1, 2)
    assert (lost.data[0].pending_webhooks, every.data[0].pending_webhooks) == (1, 0)


async def test_collected_webhooks_can_be_had_again(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    await stripe_double.pay((await session(sdk)).id)
    taken = await stripe_double.take_webhooks(order="newest")
    assert [each.type for each in taken] == [*reversed(SALE)]
    assert await stripe_double.take_webhooks() == []
    await stripe_double.duplicate(taken[0].event_id)
    assert [each.event_id for each in await stripe_double.take_webhooks()] == [taken[0].event_id]


async def test_events_are_read_a_page_at_a_time(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    for _ in range(3):
        await stripe_double.pay((await session(sdk)).id)
    found = await sdk.v1.events.list_async({"limit": 5, "created": {"gte": STARTS_AT}})
    seen = [event.id async for event in found.auto_paging_iter()]
    assert len(seen) == len(set(seen)) == 12


@pytest.mark.parametrize(
    ("order", "types"),
    [
        ("refund", {"refund.created", "charge.refunded"}),
        ("dispute", {"charge.dispute.created", "charge.dispute.funds_withdrawn"}),
        ("payout", {"payout.created", "payout.paid"}),
    ],
)
async def test_what_happens_at_stripe_is_told(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, order: str, types: set[str]
) -> None:
    paid = await stripe_double.pay((await session(sdk)).id)
    await stripe_double.take_webhooks()
    if order == "payout":
        await stripe_double.payout(available_now=True)
    else:
        await stripe_double.order(order, of=paid["payment_intent"])
    assert {each.type for each in await stripe_double.take_webhooks()} == types


async def test_endpoints_made_through_the_api_get_a_secret_of_their_own(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    async with receiving() as receiver:
        made = await sdk.v1.webhook_endpoints.create_async(
            {"url": receiver.url, "enabled_events": ["checkout.session.completed"]}
        )
        await stripe_double.pay((await session(sdk)).id)
        await receiver.wait_for(1)
    _, body, signature = receiver.taken[0]
    assert made.secret is not None
    assert stripe.WebhookSignature.verify_header(body.decode(), signature, made.secret)
