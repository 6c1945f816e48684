"""Payment intents: from wanting money to having it, through declines and 3D Secure."""

from fakestripe import charges, money
from fakestripe.call import Call, Operations, listing, lookup, metadata
from fakestripe.cards import MESSAGES, Card
from fakestripe.customers import attach, card_of, method_of
from fakestripe.problems import Problem, invalid, refused
from fakestripe.spec import Obj
from fakestripe.world import PLATFORM, World, new_id, shown

_FIELDS = ("customer", "description", "receipt_email", "setup_future_usage", "transfer_group",
           "on_behalf_of", "application_fee_amount", "transfer_data", "statement_descriptor",
           "statement_descriptor_suffix", "shipping", "allowed_payment_method_types",
           "excluded_payment_method_types")  # fmt: skip
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = (*_CONFIRMABLE, "requires_capture", "processing")


def create(call: Call) -> Obj:
    """Make a payment intent and, when asked, confirm it at once."""
    params, world = call.params, call.world
    if params.get("off_session") and not params.get("confirm"):
        raise invalid("You cannot set `off_session` without setting `confirm` to true.",
                      param="off_session")  # fmt: skip
    meta = metadata(params)
    check_amount(params["amount"], params["currency"])
    check_connect(world, call.account, params, params["amount"])
    if "customer" in params:
        world.get(call.account, "customer", params["customer"], param="customer")
    method = method_of(world, call.account, params) if "payment_method" in params else None
    if params.get("confirm") and method is None:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment "
                      "method.", code="payment_intent_unexpected_state")  # fmt: skip
    intent = new(world, call.account, params, meta)
    if method is not None:
        world.change(intent, payment_method=method["id"], status="requires_confirmation")
    if not params.get("confirm") or method is None:
        return intent
    return confirm(world, intent, method, off_session=bool(params.get("off_session")),
                   return_url=params.get("return_url"))  # fmt: skip


def new(world: World, account: str, params: Obj, meta: Obj) -> Obj:
    """Make a payment intent of checked parameters."""
    given = {name: params[name] for name in _FIELDS if name in params}
    intent = world.make(
        account, "payment_intent", amount=params["amount"], amount_capturable=0,
        amount_received=0, currency=params["currency"].lower(),
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method=params.get("confirmation_method", "automatic"),
        automatic_payment_methods={"enabled": True, "allow_redirects": "always"},
        payment_method_types=["card"], status="requires_payment_method", metadata=meta, **given,
    )  # fmt: skip
    if account:
        world.change(intent, application="ca_double")
    world.change(intent, client_secret=f"{intent['id']}_{new_id('secret')}")
    world.emit(account, "payment_intent.created", intent)
    return intent


def check_amount(amount: int, currency: str) -> None:
    """Refuse what is less than Stripe charges.

    Raises:
        Problem: the amount is under the currency's minimum.
    """
    least = money.MINIMUM.get(currency.lower(), 50)
    if amount < least:
        raise invalid(f"Amount must be at least {least} {currency.lower()} minor units",
                      param="amount", code="amount_too_small")  # fmt: skip


def check_connect(world: World, account: str, params: Obj, amount: int) -> None:
    """Refuse parties that cannot take part.

    Raises:
        Problem: an account cannot take charges, or a fee has nobody to come from.
    """
    transfer = params.get("transfer_data")
    fee = params.get("application_fee_amount")
    for holder in {account, params.get("on_behalf_of", PLATFORM)} - {PLATFORM}:
        owner = world.find(PLATFORM, holder)
        if owner is None or not owner["charges_enabled"]:
            raise refused("Your account cannot currently make charges.", code="account_invalid")
    if transfer and (account or world.find(PLATFORM, transfer["destination"]) is None):
        raise invalid(f"No such destination: '{transfer['destination']}'",
                      param="transfer_data[destination]", code="resource_missing")  # fmt: skip
    if fee is not None and not account and not transfer:
        raise invalid(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a "
            "direct payment (using an OAuth key or Stripe-Account header) or destination payment "
            "(using `transfer_data[destination]`).",
            param="application_fee_amount",
        )
    if fee is not None and not 0 < fee <= amount:
        raise invalid("The application fee must be positive and at most the amount.",
                      param="application_fee_amount")  # fmt: skip


def confirm(
    world: World,
    intent: Obj,
    method: Obj,
    *,
    off_session: bool = False,
    authenticated: bool = False,
    return_url: str | None = None,
) -> Obj:
    """Try to get the money.

    Raises:
        Problem: 402 with the card's decline; 400, the intent is past confirming.
    """
    if intent["status"] not in _CONFIRMABLE:
        raise unexpected(intent, "confirm")
    card, account = card_of(method), intent["_account"]
    world.change(intent, payment_method=method["id"], last_payment_error=None, next_action=None)
    if _asks(card, method, authenticated=authenticated):
        if off_session:
            raise declined(world, intent, method, Card(card.number, "authentication_required"))
        return _challenge(world, intent, return_url)
    charge = charges.attempt(world, intent, method, card)
    if card.decline:
        raise declined(world, intent, method, card, charge)
    if intent["capture_method"] == "manual":
        world.change(intent, status="requires_capture", amount_capturable=intent["amount"])
        world.emit(account, "charge.succeeded", charge)
        world.emit(account, "payment_intent.amount_capturable_updated", intent)
        return intent
    return _succeed(world, intent, charge, intent["amount"], method)


def _asks(card: Card, method: Obj, *, authenticated: bool) -> bool:
    if not card.challenge or authenticated:
        return False
    return card.challenge == "always" or not method["_ready"]


def _challenge(world: World, intent: Obj, return_url: str | None) -> Obj:
    action = world.blank("payment_intent.NextAction") | {
        "type": "redirect_to_url",
        "redirect_to_url": {"url": f"{world.base_url}/3ds/{intent['id']}",
                            "return_url": return_url},
    }  # fmt: skip
    world.change(intent, status="requires_action", next_action=action)
    world.emit(intent["_account"], "payment_intent.requires_action", intent)
    return intent


def declined(
    world: World, intent: Obj, method: Obj, card: Card, charge: Obj | None = None
) -> Problem:
    """Record a decline and return the 402 that tells of it."""
    error: Obj = {
        "type": "card_error",
        "code": card.code,
        "decline_code": card.decline,
        "message": MESSAGES.get(card.decline, "Your card was declined."),
    }
    if charge is not None:
        error["charge"] = charge["id"]
    kept = world.blank("payment_intent.LastPaymentError") | error
    kept["payment_method"] = shown(method)
    world.change(
        intent, status="requires_payment_method", payment_method=None, last_payment_error=kept
    )
    world.emit(intent["_account"], "payment_intent.payment_failed", intent)
    return Problem(402, {**error, "payment_intent": shown(intent), "payment_method": shown(method)},
                   stored=True)  # fmt: skip


def _succeed(world: World, intent: Obj, charge: Obj, amount: int, method: Obj) -> Obj:
    charges.capture(world, intent, charge, amount)
    world.change(intent, status="succeeded", amount_received=amount, amount_capturable=0)
    if intent["setup_future_usage"] and intent["customer"]:
        owner = world.get(intent["_account"], "customer", intent["customer"])
        world.change(attach(world, owner, method), _ready=True)
    world.emit(intent["_account"], "charge.succeeded", charge)
    world.emit(intent["_account"], "payment_intent.succeeded", intent)
    charges.settled(world, charge)
    return intent


def authenticate(world: World, intent: Obj, *, ok: bool) -> Obj:
    """Answer the 3D Secure question of an intent.

    Raises:
        Problem: 402 when it is not passed; 400 when nothing was asked.
    """
    if intent["status"] != "requires_action":
        raise unexpected(intent, "authenticate")
    method = world.get(intent["_account"], "payment_method", intent["payment_method"])
    if ok:
        return confirm(world, intent, method, authenticated=True)
    failed = Card(card_of(method).number, "authentication_required")
    world.change(intent, next_action=None)
    raise declined(world, intent, method, failed)


def unexpected(intent: Obj, what: str) -> Problem:
    """Return the 400 of an intent in a state where it cannot do that."""
    problem = refused(
        f"You cannot {what} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
    )
    problem.error["payment_intent"] = shown(intent)
    return problem


def cancel(world: World, intent: Obj, reason: str | None) -> Obj:
    """Give up an intent; money that was only held is let go.

    Raises:
        Problem: it has succeeded or is canceled.
    """
    if intent["status"] not in _CANCELABLE:
        raise unexpected(intent, "cancel")
    charge = world.find(intent["_account"], intent["latest_charge"] or "")
    if charge is not None and charge["paid"]:
        world.change(charge, amount_refunded=charge["amount"], refunded=True)
        world.emit(intent["_account"], "charge.refunded", charge)
    world.change(
        intent, status="canceled", canceled_at=world.clock.now(), cancellation_reason=reason,
        amount_capturable=0, next_action=None,
    )  # fmt: skip
    world.emit(intent["_account"], "payment_intent.canceled", intent)
    return intent


def _confirm(call: Call) -> Obj:
    intent, params, world = call.get("payment_intent"), call.params, call.world
    named = params if "payment_method" in params else intent
    if not named.get("payment_method"):
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment "
                      "method.", code="payment_intent_unexpected_state")  # fmt: skip
    method = method_of(world, call.account, {"payment_method": named["payment_method"]})
    return confirm(world, intent, method, off_session=bool(params.get("off_session")),
                   return_url=params.get("return_url"))  # fmt: skip


def _update(call: Call) -> Obj:
    intent, params = call.get("payment_intent"), call.params
    if intent["status"] in ("succeeded", "canceled") and set(params) - {"metadata", "description"}:
        raise unexpected(intent, "update")
    given = {name: params[name] for name in (*_FIELDS, "amount", "currency") if name in params}
    return call.world.change(intent, metadata=metadata(params, intent["metadata"]), **given)


def _capture(call: Call) -> Obj:
    intent, world = call.get("payment_intent"), call.world
    if intent["status"] != "requires_capture":
        raise unexpected(intent, "capture")
    amount: int = ({"amount_to_capture": intent["amount"]} | call.params)["amount_to_capture"]
    if not 0 < amount <= intent["amount_capturable"]:
        raise refused("The amount to capture is more than is capturable.",
                      code="amount_too_large", param="amount_to_capture")  # fmt: skip
    charge = world.get(call.account, "charge", intent["latest_charge"])
    charges.capture(world, intent, charge, amount)
    world.emit(call.account, "charge.captured", charge)
    world.change(intent, status="succeeded", amount_received=amount, amount_capturable=0)
    world.emit(call.account, "payment_intent.succeeded", intent)
    return intent


def _cancel(call: Call) -> Obj:
    intent = call.get("payment_intent")
    if intent.get("_session"):
        raise refused(
            "You cannot cancel this PaymentIntent because it was created by Checkout. Expire "
            "the Checkout Session instead.", code="payment_intent_unexpected_state",
        )  # fmt: skip
    return cancel(call.world, intent, call.params.get("cancellation_reason"))


operations: Operations = {
    ("post", "/v1/payment_intents"): create,
    ("get", "/v1/payment_intents"): listing("payment_intent", "customer"),
    ("get", "/v1/payment_intents/{intent}"): lookup("payment_intent"),
    ("post", "/v1/payment_intents/{intent}"): _update,
    ("post", "/v1/payment_intents/{intent}/confirm"): _confirm,
    ("post", "/v1/payment_intents/{intent}/capture"): _capture,
    ("post", "/v1/payment_intents/{intent}/cancel"): _cancel,
}
