"""Servers that may sell, and organizers whose accounts at the double are connected."""

from tests.fixtures.services import make_settings
from tests.fixtures.stripe_double import StripeDouble

from handstamp.auth.models import Organizer
from handstamp.kit.clock import MINUTE
from handstamp.kit.ids import new_id
from handstamp.payments.facts import NewCheckout
from handstamp.payments.gateway import gateway
from handstamp.payments.models import PaymentAccount
from handstamp.payments.refresh_account import refresh_account
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services


def selling_settings(database_url: str, double: StripeDouble, **others: object) -> Settings:
    """Settings of a server that sells through the double."""
    values: dict[str, object] = {
        "enable_checkout": True,
        "enable_payouts": True,
        "stripe_secret_key": double.key,
        "stripe_publishable_key": double.publishable_key,
        "stripe_webhook_secret": double.platform_secret,
        "stripe_connect_webhook_secret": double.connect_secret,
        "stripe_api_url": double.url,
    }
    return make_settings(database_url, **{**values, **others})


async def connect_account(
    services: Services,
    double: StripeDouble,
    organizer: Organizer,
    *,
    kind: str = "standard",
    ready: bool = True,
) -> str:
    """Connect an account, finished unless told otherwise, and return its id at Stripe."""
    account = await double.account(charges_enabled=ready, type=kind)
    async with services.db.write() as session:
        session.add(
            PaymentAccount(
                organizer_id=organizer.id,
                stripe_account_id=account,
                kind=kind,
                charge_type="direct" if kind == "standard" else "destination",
                created_at=services.clock(),
            )
        )
    await refresh_account(services, account)
    return account


async def earn(services: Services, double: StripeDouble, account: str, amount: int = 5000) -> str:
    """Have somebody pay `amount` on an account, and return the PaymentIntent's id."""
    opened = await gateway(services).create_checkout(
        NewCheckout(
            order_id="ord_earned",
            number="HS-EARNED",
            account=account,
            charge_type="direct",
            destination="",
            currency="EUR",
            lines=[("General", amount, 1)],
            application_fee=0,
            email="buyer@example.com",
            expires_at=services.clock() + 31 * MINUTE,
            success_url="https://tickets.example/done",
            cancel_url="https://tickets.example/back",
        ),
        key=f"earn:{new_id('key')}",
    )
    await double.pay(opened.id)
    paid = (await gateway(services).retrieve_checkout(opened.id, account=account)).payment
    assert paid is not None
    return paid.id
