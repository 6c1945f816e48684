"""Setup intents: a card kept for later, with the bank's consent where it wants to be asked."""

from fakestripe.call import Call, Operations, listing, lookup, metadata
from fakestripe.cards import ATTACHES_BUT_DECLINES, MESSAGES, Card
from fakestripe.customers import attach, card_of, method_of
from fakestripe.problems import Problem, invalid, refused
from fakestripe.spec import Obj
from fakestripe.world import World, new_id, shown

_FIELDS = ("customer", "description", "usage", "on_behalf_of", "single_use")
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def _create(call: Call) -> Obj:
    params, world = call.params, call.world
    meta = metadata(params)
    if "customer" in params:
        world.get(call.account, "customer", params["customer"], param="customer")
    method = method_of(world, call.account, params) if "payment_method" in params else None
    if params.get("confirm") and method is None:
        raise invalid("You cannot confirm this SetupIntent because it's missing a payment method.",
                      code="setup_intent_unexpected_state")  # fmt: skip
    intent = new(world, call.account, params, meta)
    if method is not None:
        world.change(intent, payment_method=method["id"], status="requires_confirmation")
    if not params.get("confirm") or method is None:
        return intent
    return confirm(world, intent, method, return_url=params.get("return_url"))


def new(world: World, account: str, params: Obj, meta: Obj) -> Obj:
    """Make a setup intent of checked parameters."""
    given = {name: params[name] for name in _FIELDS if name in params and name != "single_use"}
    intent = world.make(
        account, "setup_intent", **{
            "usage": "off_session", **given, "status": "requires_payment_method",
            "payment_method_types": ["card"], "metadata": meta,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "always"},
        },
    )  # fmt: skip
    world.change(intent, client_secret=f"{intent['id']}_{new_id('secret')}")
    world.emit(account, "setup_intent.created", intent)
    return intent


def confirm(
    world: World, intent: Obj, method: Obj, *, authenticated: bool = False,
    return_url: str | None = None,
) -> Obj:  # fmt: skip
    """Keep the card.

    Raises:
        Problem: 402, the bank declines; 400, the intent is past confirming.
    """
    if intent["status"] not in _OPEN:
        raise _unexpected(intent, "confirm")
    card, account = card_of(method), intent["_account"]
    world.change(intent, payment_method=method["id"], last_setup_error=None, next_action=None)
    if card.decline and card.number != ATTACHES_BUT_DECLINES:
        raise _declined(world, intent, method, card)
    if card.challenge and not authenticated:
        action = world.blank("setup_intent.NextAction") | {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": f"{world.base_url}/3ds/{intent['id']}",
                                "return_url": return_url},
        }  # fmt: skip
        world.change(intent, status="requires_action", next_action=action)
        world.emit(account, "setup_intent.requires_action", intent)
        return intent
    if intent["customer"]:
        attach(world, world.get(account, "customer", intent["customer"]), method)
    world.change(method, _ready=True)
    world.change(intent, status="succeeded")
    world.emit(account, "setup_intent.succeeded", intent)
    return intent


def _declined(world: World, intent: Obj, method: Obj, card: Card) -> Problem:
    error: Obj = {"type": "card_error", "code": card.code, "decline_code": card.decline,
                  "message": MESSAGES.get(card.decline, "Your card was declined.")}  # fmt: skip
    kept = world.blank("setup_intent.LastSetupError") | error
    kept["payment_method"] = shown(method)
    world.change(intent, status="requires_payment_method", payment_method=None,
                 last_setup_error=kept)  # fmt: skip
    world.emit(intent["_account"], "setup_intent.setup_failed", intent)
    return Problem(402, {**error, "setup_intent": shown(intent)}, stored=True)


def authenticate(world: World, intent: Obj, *, ok: bool) -> Obj:
    """Answer the 3D Secure question of an intent.

    Raises:
        Problem: 402 when it is not passed; 400 when nothing was asked.
    """
    if intent["status"] != "requires_action":
        raise _unexpected(intent, "authenticate")
    method = world.get(intent["_account"], "payment_method", intent["payment_method"])
    if ok:
        return confirm(world, intent, method, authenticated=True)
    world.change(intent, next_action=None)
    failed = Card(card_of(method).number, "authentication_required")
    raise _declined(world, intent, method, failed)


def _unexpected(intent: Obj, what: str) -> Problem:
    problem = refused(
        f"You cannot {what} this SetupIntent because it has a status of {intent['status']}.",
        code="setup_intent_unexpected_state",
    )
    problem.error["setup_intent"] = shown(intent)
    return problem


def _confirm(call: Call) -> Obj:
    intent, params = call.get("setup_intent"), call.params
    named = params.get("payment_method") or intent["payment_method"]
    if not named:
        raise invalid("You cannot confirm this SetupIntent because it's missing a payment method.",
                      code="setup_intent_unexpected_state")  # fmt: skip
    method = method_of(call.world, call.account, {"payment_method": named})
    return confirm(call.world, intent, method, return_url=params.get("return_url"))


def _cancel(call: Call) -> Obj:
    intent = call.get("setup_intent")
    if intent["status"] not in _OPEN:
        raise _unexpected(intent, "cancel")
    call.world.change(intent, status="canceled", next_action=None,
                      cancellation_reason=call.params.get("cancellation_reason"))  # fmt: skip
    call.world.emit(call.account, "setup_intent.canceled", intent)
    return intent


def _update(call: Call) -> Obj:
    intent, params = call.get("setup_intent"), call.params
    given = {name: params[name] for name in ("customer", "description") if name in params}
    return call.world.change(intent, metadata=metadata(params, intent["metadata"]), **given)


operations: Operations = {
    ("post", "/v1/setup_intents"): _create,
    ("get", "/v1/setup_intents"): listing("setup_intent", "customer", "payment_method"),
    ("get", "/v1/setup_intents/{intent}"): lookup("setup_intent"),
    ("post", "/v1/setup_intents/{intent}"): _update,
    ("post", "/v1/setup_intents/{intent}/confirm"): _confirm,
    ("post", "/v1/setup_intents/{intent}/cancel"): _cancel,
}
