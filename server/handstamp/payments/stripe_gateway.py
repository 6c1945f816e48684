"""The only door to Stripe: every call, each with its account, its key and a time-out.

Nothing here runs inside a transaction. A call that changes something takes the caller's
idempotency key, which the caller keeps before the call; Stripe's answers come back as facts and
its errors as `gateway_errors`.
"""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any

import httpx
import stripe

from handstamp.kit.clock import SECOND, Clock, Millis
from handstamp.payments import read_facts
from handstamp.payments.charge_request import charge_request
from handstamp.payments.checkout_request import checkout_request
from handstamp.payments.facts import (
    AccountFacts,
    CheckoutFacts,
    DisputeFacts,
    NewCharge,
    NewCheckout,
    NewSetup,
    PaymentFacts,
    PayoutFacts,
    RefundFacts,
    SetupFacts,
)
from handstamp.payments.gateway_errors import (
    BadSignature,
    GatewayBroken,
    GatewayBusy,
    GatewayError,
    GatewayKeyUsed,
    GatewayRefused,
    GatewayUnknown,
)
from handstamp.payments.setup_request import setup_of_intent, setup_of_session, setup_request
from handstamp.plumbing.config import Settings

API_VERSION = "2026-10-28.endive"  # of the pinned library; webhook endpoints are set to the same
TIMEOUT = httpx.Timeout(10.0, connect=4.0)
RETRIES = 1  # inside one call and under its key; a job that fails comes again by itself
TOLERANCE: Millis = 300 * SECOND
MOST_TYPES = 20  # that one question for events may name
PAGE = 100
TEST_CARD = "pm_card_visa"  # docs.stripe.com/testing: pays in test mode alone
_MONEY = ["latest_charge.balance_transaction"]
_METHOD = "payment_method"
_SESSION = ["payment_intent.latest_charge.balance_transaction"]


class StripeGateway:
    """One client of one process and one event loop.

    Args:
        settings: the secret key, and the address of another server in Stripe's stead.
        clock: what the age of a signature is measured by.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        # The library writes whole requests into its log at DEBUG, the transport every address.
        for name in ("stripe", "httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        own = settings.stripe_api_url
        address: Any = {"api": own} if own else {}
        self.is_live = settings.stripe_secret_key.startswith(("sk_live_", "rk_live_"))
        self._clock = clock
        self._http = stripe.HTTPXClient(timeout=TIMEOUT)
        self._stripe = stripe.StripeClient(
            settings.stripe_secret_key,
            stripe_version=API_VERSION,
            base_addresses=address,
            max_network_retries=RETRIES,
            http_client=self._http,
        ).v1

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def create_account(self, *, kind: str, email: str, country: str, key: str) -> str:
        """Create a connected account, `kind` standard or express, and return its id."""
        wanted: Any = {"type": kind, "email": email}
        if country:
            wanted["country"] = country
        if kind == "express":
            asked = {"requested": True}
            wanted["capabilities"] = {"card_payments": asked, "transfers": asked}
        made = await _call(self._stripe.accounts.create_async(wanted, _options("", key)))
        return str(made["id"])

    async def account_link(self, account_id: str, *, refresh_url: str, return_url: str) -> str:
        """Return a fresh address of Stripe's onboarding; it works once and for a few minutes."""
        wanted: Any = {
            "account": account_id,
            "refresh_url": refresh_url,
            "return_url": return_url,
            "type": "account_onboarding",
        }
        return str((await _call(self._stripe.account_links.create_async(wanted)))["url"])

    async def retrieve_account(self, account_id: str) -> AccountFacts:
        """Ask for a connected account as it is now."""
        return read_facts.account(await _call(self._stripe.accounts.retrieve_async(account_id)))

    async def create_checkout(self, wanted: NewCheckout, *, key: str) -> CheckoutFacts:
        """Create a Checkout Session."""
        request: Any = checkout_request(wanted)
        sessions = self._stripe.checkout.sessions
        options = _options(wanted.account, key)
        return read_facts.checkout(await _call(sessions.create_async(request, options)))

    async def retrieve_checkout(self, session_id: str, *, account: str) -> CheckoutFacts:
        """Ask for a session with its payment, its charge and what Stripe took."""
        sessions = self._stripe.checkout.sessions
        call = sessions.retrieve_async(session_id, {"expand": _SESSION}, _options(account))
        return read_facts.checkout(await _call(call))

    async def expire_checkout(self, session_id: str, *, account: str) -> CheckoutFacts:
        """Expire a session; one that is no longer open is answered with as it is now."""
        sessions = self._stripe.checkout.sessions
        call = sessions.expire_async(session_id, {"expand": _SESSION}, _options(account))
        try:
            return read_facts.checkout(await _call(call))
        except GatewayRefused:
            return await self.retrieve_checkout(session_id, account=account)

    async def find_checkouts(
        self, *, account: str, since: Millis, until: Millis, mark: tuple[str, str]
    ) -> list[str]:
        """Return the ids of sessions created between two moments with a mark, the newest first."""
        wanted = {"created": {"gte": since // SECOND, "lte": -(-until // SECOND)}}
        pages = _pages(self._stripe.checkout.sessions.list_async, wanted, _options(account))
        name, value = mark
        return [str(one["id"]) async for one in pages if (one["metadata"] or {}).get(name) == value]

    async def create_customer(
        self, *, account: str, email: str, name: str, key: str, metadata: Mapping[str, str]
    ) -> str:
        """Create a customer, whose cards can be saved, and return its id."""
        wanted: Any = {"email": email, "metadata": dict(metadata)}
        if name:
            wanted["name"] = name
        customers = self._stripe.customers
        return str((await _call(customers.create_async(wanted, _options(account, key))))["id"])

    async def create_setup_checkout(self, wanted: NewSetup, *, key: str) -> SetupFacts:
        """Create a Checkout Session that saves a card for charges off the session."""
        request: Any = setup_request(wanted)
        sessions = self._stripe.checkout.sessions
        options = _options(wanted.account, key)
        return setup_of_session(await _call(sessions.create_async(request, options)))

    async def retrieve_setup(self, setup_id: str, *, account: str) -> SetupFacts:
        """Ask for a Checkout Session in setup mode, or a SetupIntent, with its card."""
        if setup_id.startswith("seti_"):
            intents = self._stripe.setup_intents
            wanted: Any = {"expand": [_METHOD]}
            found = await _call(intents.retrieve_async(setup_id, wanted, _options(account)))
            return setup_of_intent(found)
        sessions = self._stripe.checkout.sessions
        wanted = {"expand": [f"setup_intent.{_METHOD}"]}
        found = await _call(sessions.retrieve_async(setup_id, wanted, _options(account)))
        return setup_of_session(found)

    async def detach_payment_method(self, payment_method_id: str, *, account: str) -> None:
        """Have a saved card forgotten."""
        methods = self._stripe.payment_methods
        await _call(methods.detach_async(payment_method_id, options=_options(account)))

    async def retrieve_payment(self, payment_intent_id: str, *, account: str) -> PaymentFacts:
        """Ask for a payment with its charge and what Stripe took."""
        intents = self._stripe.payment_intents
        call = intents.retrieve_async(payment_intent_id, {"expand": _MONEY}, _options(account))
        return read_facts.payment(await _call(call))

    async def charge_saved(self, wanted: NewCharge, *, key: str) -> PaymentFacts:
        """Charge a saved card while its owner is away; a decline is told in the facts."""
        request: Any = {**charge_request(wanted), "expand": _MONEY}
        intents = self._stripe.payment_intents
        return await _tried(intents.create_async(request, _options(wanted.account, key)))

    async def pay_test_card(self, wanted: NewCharge, *, key: str) -> PaymentFacts:
        """Pay with Stripe's test card, in nobody's name; for the self-test.

        Raises:
            GatewayRefused: the key is live, where no such card is.
        """
        if self.is_live:
            raise GatewayRefused("a test card pays nothing with a live key")
        request: Any = {**charge_request(wanted), "payment_method": TEST_CARD, "expand": _MONEY}
        del request["customer"], request["off_session"]
        intents = self._stripe.payment_intents
        return await _tried(intents.create_async(request, _options(wanted.account, key)))

    async def confirm_payment(
        self, payment_intent_id: str, *, account: str, payment_method_id: str, return_url: str
    ) -> PaymentFacts:
        """Try a payment again with the card's owner present; `next_url` is where they go now.

        A payment succeeds once at most, so this needs no key.
        """
        wanted: Any = {
            "payment_method": payment_method_id,
            "return_url": return_url,
            "expand": _MONEY,
        }
        intents = self._stripe.payment_intents
        return await _tried(intents.confirm_async(payment_intent_id, wanted, _options(account)))

    async def cancel_payment(self, payment_intent_id: str, *, account: str) -> PaymentFacts:
        """Cancel a payment; one that is past that is answered with as it is now."""
        intents = self._stripe.payment_intents
        call = intents.cancel_async(payment_intent_id, {"expand": _MONEY}, _options(account))
        try:
            return read_facts.payment(await _call(call))
        except GatewayRefused:
            return await self.retrieve_payment(payment_intent_id, account=account)

    async def find_payments(
        self, *, account: str, customer_id: str, since: Millis, mark: tuple[str, str]
    ) -> list[PaymentFacts]:
        """Return a customer's payments from `since` on that bear a mark, the newest first.

        Listed, not searched for: Stripe's search may not know yet what was just made.
        """
        wanted = {
            "customer": customer_id,
            "created": {"gte": since // SECOND},
            "expand": [f"data.{one}" for one in _MONEY],
        }
        pages = _pages(self._stripe.payment_intents.list_async, wanted, _options(account))
        found = [read_facts.payment(one) async for one in pages]
        return [one for one in found if one.metadata.get(mark[0]) == mark[1]]

    async def refund(
        self,
        *,
        payment_intent_id: str,
        amount: int,
        account: str,
        key: str,
        metadata: Mapping[str, str],
        reverse_transfer: bool = False,
        refund_application_fee: bool = False,
    ) -> RefundFacts:
        """Give money back; the two switches are sent only when they are on.

        Stripe refuses to refund an application fee that was never taken.
        """
        wanted: Any = {
            "payment_intent": payment_intent_id,
            "amount": amount,
            "metadata": dict(metadata),
            "expand": read_facts.expanded_of_refund(account),
        }
        if reverse_transfer:
            wanted["reverse_transfer"] = True
        if refund_application_fee:
            wanted["refund_application_fee"] = True
        call = self._stripe.refunds.create_async(wanted, _options(account, key))
        return read_facts.refund(await _call(call))

    async def retrieve_refund(self, refund_id: str, *, account: str) -> RefundFacts:
        """Ask for one refund."""
        wanted: Any = {"expand": read_facts.expanded_of_refund(account)}
        call = self._stripe.refunds.retrieve_async(refund_id, wanted, _options(account))
        return read_facts.refund(await _call(call))

    async def list_refunds(self, charge_id: str, *, account: str) -> list[RefundFacts]:
        """Return every refund of a charge, the newest first."""
        parts = [f"data.{one}" for one in read_facts.expanded_of_refund(account)]
        wanted = {"charge": charge_id, "expand": parts}
        pages = _pages(self._stripe.refunds.list_async, wanted, _options(account))
        return [read_facts.refund(one) async for one in pages]

    async def retrieve_dispute(self, dispute_id: str, *, account: str) -> DisputeFacts:
        """Ask for one dispute."""
        call = self._stripe.disputes.retrieve_async(dispute_id, options=_options(account))
        return read_facts.dispute(await _call(call))

    async def retrieve_payout(self, payout_id: str, *, account: str) -> PayoutFacts:
        """Ask for one payout."""
        call = self._stripe.payouts.retrieve_async(payout_id, options=_options(account))
        return read_facts.payout(await _call(call))

    async def list_events(
        self, *, account: str, since: Millis, types: Sequence[str], undelivered: bool = False
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield an account's events from `since` on, or only those no endpoint has accepted.

        Newest first within twenty types at a time; Stripe keeps events for 30 days.
        """
        for start in range(0, len(types), MOST_TYPES):
            wanted: dict[str, Any] = {
                "types": list(types[start : start + MOST_TYPES]),
                "created": {"gte": since // SECOND},
            }
            if undelivered:
                wanted["delivery_success"] = False
            listed = self._stripe.events.list_async
            async for event in _pages(listed, wanted, _options(account)):
                yield event

    def read_event(self, payload: bytes, header: str, secret: str) -> dict[str, Any]:
        """Return the event in a webhook's raw body.

        Raises:
            BadSignature: not signed with `secret`, signed too long ago or in the future, or
                no event. An empty secret opens nothing.
        """
        if not header.isascii():
            raise BadSignature
        try:
            stripe.WebhookSignature.verify_header(payload, header, secret, tolerance=None)
            event = json.loads(payload)
        except (stripe.SignatureVerificationError, ValueError, RecursionError):
            raise BadSignature from None
        signed = next(part[2:] for part in header.split(",") if part.startswith("t="))
        if abs(self._clock() - int(signed) * SECOND) > TOLERANCE:
            raise BadSignature
        if not isinstance(event, dict) or event.get("object") != "event":
            raise BadSignature
        return event


def _options(account: str, key: str = "") -> Any:
    options: dict[str, str] = {}
    if account:
        options["stripe_account"] = account
    if key:
        options["idempotency_key"] = key
    return options


async def _pages(listed: Any, wanted: dict[str, Any], options: Any) -> AsyncIterator[Any]:
    more = True
    while more:
        page = await _call(listed({**wanted, "limit": PAGE}, options))
        for one in page["data"]:
            yield one
        more = bool(page["has_more"] and page["data"])
        if more:
            wanted = {**wanted, "starting_after": page["data"][-1]["id"]}


async def _call(call: Awaitable[Any]) -> dict[str, Any]:
    try:
        answer = await call
    except stripe.StripeError as error:
        refusal = _refusal(error)
    else:
        found: dict[str, Any] = answer.to_dict(for_json=True)
        return found
    # Outside of the handler: the library's error holds request and answer and must not travel.
    raise refusal


async def _tried(call: Awaitable[Any]) -> PaymentFacts:
    """Return a payment that was tried; a decline comes as an error with the payment in it."""
    try:
        answer = await call
    except stripe.StripeError as error:
        refusal = _refusal(error)
        declined = _declined(error)
    else:
        return read_facts.payment(answer.to_dict(for_json=True))
    if declined is None:
        raise refusal
    return declined


def _declined(error: stripe.StripeError) -> PaymentFacts | None:
    body: Any = error.json_body if isinstance(error, stripe.CardError) else None
    found = (body or {}).get("error", {}).get("payment_intent")
    return read_facts.payment(found) if found else None


def _refusal(error: stripe.StripeError) -> GatewayError:
    code = str(error.code or "")
    status = error.http_status or 0
    field = str(getattr(error, "param", None) or "")
    if isinstance(error, stripe.APIConnectionError) or not status:
        return GatewayUnknown(code or "no_answer")
    if status >= 500:
        return GatewayBroken(code or "no_answer")
    if status in (401, 409, 429):
        return GatewayBusy(code or f"http_{status}")
    if isinstance(error, stripe.IdempotencyError):
        return GatewayKeyUsed(code or "idempotency_error")
    if isinstance(error, stripe.CardError):
        decline = getattr(error.error, "decline_code", None) if error.error else None
        return GatewayRefused(str(decline or code or "card_declined"), field)
    return GatewayRefused(code or f"http_{status}", field)
