"""Customers and their cards."""

from fakestripe import cards
from fakestripe.call import Call, Operations, listing, lookup, metadata, page, update_metadata
from fakestripe.cards import Card
from fakestripe.problems import invalid, missing
from fakestripe.spec import Obj
from fakestripe.world import World

_FIELDS = ("description", "email", "name", "phone", "address", "shipping", "preferred_locales")


def _create(call: Call) -> Obj:
    given = {name: call.params[name] for name in _FIELDS if name in call.params}
    made = customer(call.world, call.account, meta=metadata(call.params), **given)
    if "payment_method" in call.params:
        attach(call.world, made, method_of(call.world, call.account, call.params))
    return made


def customer(world: World, account: str, *, meta: Obj | None = None, **given: object) -> Obj:
    """Make a customer."""
    made = world.make(
        account, "customer", metadata=meta or {}, balance=0, delinquent=False,
        invoice_prefix="DOUBLE", next_invoice_sequence=1, **given,
    )  # fmt: skip
    world.emit(account, "customer.created", made)
    return made


def _update(call: Call) -> Obj:
    kept = call.get("customer")
    given = {name: call.params[name] or None for name in _FIELDS if name in call.params}
    call.world.change(kept, metadata=metadata(call.params, kept["metadata"]), **given)
    call.world.emit(call.account, "customer.updated", kept)
    return kept


def _delete(call: Call) -> Obj:
    kept = call.get("customer")
    call.world.emit(call.account, "customer.deleted", kept)
    call.world.remove(kept)
    return {"id": kept["id"], "object": "customer", "deleted": True}


def method_of(world: World, account: str, params: Obj) -> Obj:
    """Return the payment method that a call names: a kept one, or a fresh one of a test token.

    Raises:
        Problem: 404, there is none of that id.
    """
    wanted: str = params["payment_method"]
    card = cards.by_token(wanted)
    if card is not None:
        return of_card(world, account, card)
    found = world.find(account, wanted)
    if found is None or found["object"] != "payment_method":
        raise missing("PaymentMethod", wanted, param="payment_method")
    return found


def of_card(world: World, account: str, card: Card, *, details: Obj | None = None) -> Obj:
    """Make the payment method of a test card."""
    shown = world.blank("payment_method.Card") | {
        "brand": card.brand, "display_brand": card.brand, "country": "DE", "exp_month": 12,
        "exp_year": 2034, "fingerprint": f"fp{card.number[-8:]}", "funding": "credit",
        "last4": card.last4,
    }  # fmt: skip
    billing = world.blank("payment_method.BillingDetails") | (details or {})
    return world.make(
        account, "payment_method", type="card", card=shown, billing_details=billing,
        metadata={}, allow_redisplay="unspecified", _card=card.number, _ready=False,
    )  # fmt: skip


def card_of(method: Obj) -> Card:
    """Return the test card behind a payment method."""
    return cards.BY_NUMBER[method["_card"]]


def attach(world: World, owner: Obj, method: Obj) -> Obj:
    """Give a customer a payment method.

    Raises:
        Problem: it is another's.
    """
    if method["customer"] not in (None, owner["id"]):
        raise invalid("The payment method you provided has already been attached to a customer.",
                      param="payment_method")  # fmt: skip
    if method["customer"] is None:
        world.change(method, customer=owner["id"])
        world.emit(owner["_account"], "payment_method.attached", method)
    return method


def _create_method(call: Call) -> Obj:
    params = call.params
    if params.get("type") != "card" or "card" not in params:
        raise invalid("The double makes cards alone: give type=card and card.", param="type")
    token = params["card"].get("token", "").replace("tok_", "pm_card_")
    card = cards.by_token(token) or cards.by_number(params["card"].get("number", ""))
    if card is None:
        raise invalid("Your card number is incorrect.", param="card[number]")
    return of_card(call.world, call.account, card, details=params.get("billing_details"))


def _attach(call: Call) -> Obj:
    owner = call.world.get(call.account, "customer", call.params["customer"], param="customer")
    method = method_of(call.world, call.account, {"payment_method": call.ids[0]})
    return attach(call.world, owner, method)


def _detach(call: Call) -> Obj:
    method = call.get("payment_method")
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer.")
    call.world.change(method, customer=None)
    call.world.emit(call.account, "payment_method.detached", method)
    return method


def _methods(call: Call) -> Obj:
    owner = call.params.get("customer") or call.ids[0]
    return page(call, call.world.each(call.account, "payment_method", customer=owner))


operations: Operations = {
    ("post", "/v1/customers"): _create,
    ("get", "/v1/customers"): listing("customer", "email"),
    ("get", "/v1/customers/{customer}"): lookup("customer"),
    ("post", "/v1/customers/{customer}"): _update,
    ("delete", "/v1/customers/{customer}"): _delete,
    ("get", "/v1/customers/{customer}/payment_methods"): _methods,
    ("post", "/v1/payment_methods"): _create_method,
    ("get", "/v1/payment_methods"): listing("payment_method", "customer", "type"),
    ("get", "/v1/payment_methods/{payment_method}"): lookup("payment_method"),
    ("post", "/v1/payment_methods/{payment_method}"): update_metadata("payment_method"),
    ("post", "/v1/payment_methods/{payment_method}/attach"): _attach,
    ("post", "/v1/payment_methods/{payment_method}/detach"): _detach,
}
