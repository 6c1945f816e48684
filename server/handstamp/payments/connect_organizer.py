"""Connecting an organizer to Stripe: one account, however often and by whomever it is begun."""

from dataclasses import dataclass

from handstamp.audit.record import record
from handstamp.auth.find_profile import owned_profile
from handstamp.payments import store
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayBusy, GatewayRefused, GatewayUnknown
from handstamp.payments.models import PaymentAccount
from handstamp.payments.refresh_account import queue_refresh, refresh_account
from handstamp.plumbing.errors import Conflict, SwitchedOff
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

CHARGE_TYPES = {"standard": "direct", "express": "destination"}


@dataclass(frozen=True)
class StartedOnboarding:
    """Where to send the person now, once: the address works for a few minutes and never again."""

    account: str
    url: str


def page_of(services: Services, organizer_id: str, page: str = "") -> str:
    """Return the address of an organizer's page for payments, or of one below it."""
    below = f"/{page}" if page else ""
    return f"{services.settings.public_url}/tickets/organizer/payments/{organizer_id}{below}"


async def start(services: Services, actor: Actor, organizer_id: str) -> StartedOnboarding:
    """Create the organizer's account if it has none, and mint an address of Stripe's onboarding.

    Opens its own transactions; call it outside of one.

    Raises:
        NotFound: the organizer is somebody else's.
        Conflict: Stripe refuses.
        SwitchedOff: no key is set, or Stripe gives no answer for now.
    """
    account = await _account(services, actor, organizer_id)
    try:
        url = await gateway(services).account_link(
            account,
            refresh_url=page_of(services, organizer_id, "refresh"),
            return_url=page_of(services, organizer_id, "return"),
        )
    except GatewayRefused as error:
        async with services.db.write() as session:
            await queue_refresh(session, account)
        raise Conflict(_refused(), code="stripe_refused") from error
    except (GatewayBusy, GatewayUnknown) as error:
        raise SwitchedOff(_busy(), code="stripe_away") from error
    return StartedOnboarding(account, url)


async def come_back(services: Services, actor: Actor, organizer_id: str) -> PaymentAccount | None:
    """Look how the account stands now that the person is back; None when there is none.

    When Stripe gives no answer the account is returned as last known.

    Raises:
        NotFound: the organizer is somebody else's.
    """
    async with services.db.read() as session:
        await owned_profile(session, actor, organizer_id)
        known = await store.account_of(session, organizer_id)
    if known is None:
        return None
    try:
        await refresh_account(services, known.stripe_account_id)
    except (GatewayBusy, GatewayUnknown):
        async with services.db.write() as session:
            await queue_refresh(session, known.stripe_account_id)
    async with services.db.read() as session:
        return await store.account_of(session, organizer_id)


async def _account(services: Services, actor: Actor, organizer_id: str) -> str:
    async with services.db.read() as session:
        await owned_profile(session, actor, organizer_id)
        known = await store.account_of(session, organizer_id)
    if known is not None and known.deauthorized_at is None:
        return known.stripe_account_id
    return await _create(services, actor, organizer_id, known.stripe_account_id if known else "")


async def _create(services: Services, actor: Actor, organizer_id: str, replaces: str) -> str:
    kind = services.settings.stripe_accounts
    # The same key for everybody who clicks, and nothing of theirs in the request: Stripe then
    # answers all of them with one account.
    key = f"organizer:{organizer_id}:{kind}:{replaces or 'first'}"
    try:
        made = await gateway(services).create_account(kind=kind, email="", country="", key=key)
    except GatewayRefused as error:
        raise Conflict(_refused(), code="stripe_refused") from error
    except (GatewayBusy, GatewayUnknown) as error:
        raise SwitchedOff(_busy(), code="stripe_away") from error
    return await _keep(services, actor, organizer_id, replaces, made)


async def _keep(
    services: Services, actor: Actor, organizer_id: str, replaces: str, made: str
) -> str:
    kind = services.settings.stripe_accounts
    values = {
        "organizer_id": organizer_id,
        "stripe_account_id": made,
        "kind": kind,
        "charge_type": CHARGE_TYPES[kind],
        "country": "",
        "default_currency": "",
        "charges_enabled": False,
        "payouts_enabled": False,
        "details_submitted": False,
        "requirements_json": "[]",
        "disabled_reason": "",
        "created_at": services.clock(),
        "checked_at": None,
        "deauthorized_at": None,
    }
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        if await store.keep_account(session, replaces, values):
            await record(
                session,
                actor,
                "organizer.connect",
                "organizer",
                organizer_id,
                organizer_id=organizer_id,
                meta={"account": made, "kind": kind},
            )
            await queue_refresh(session, made)
        kept = await store.account_of(session, organizer_id)
    assert kept is not None
    return kept.stripe_account_id


def _refused() -> str:
    return _("Stripe refused to open an account. Please ask whoever runs this server.")


def _busy() -> str:
    return _("Stripe gives no answer at the moment. Please try again in a minute.")
