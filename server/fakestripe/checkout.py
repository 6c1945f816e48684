"""Checkout sessions: created, looked at, expired; `checkout_payment` lets a buyer pay them."""

from fakestripe import payment_intents
from fakestripe.call import Call, Operations, listed, lookup, metadata, page
from fakestripe.checkout_lines import line_items
from fakestripe.problems import invalid, refused
from fakestripe.spec import Obj
from fakestripe.world import World, new_id

HALF_AN_HOUR, DAY = 1800, 86_400
SKEW = 5
_COPIED = ("cancel_url", "client_reference_id", "customer", "customer_email", "locale", "mode",
           "return_url", "submit_type", "success_url", "customer_creation",
           "billing_address_collection", "allow_promotion_codes", "payment_method_collection",
           "redirect_on_completion", "phone_number_collection", "excluded_payment_method_types",
           "allowed_payment_method_types", "origin_context")  # fmt: skip


def _create(call: Call) -> Obj:
    params, world = call.params, call.world
    meta = metadata(params)
    mode = params.get("mode", "payment")
    ui_mode = params.get("ui_mode", "hosted_page")
    expires = params.get("expires_at", world.clock.now() + DAY)
    _check_urls(params, ui_mode)
    _check_expiry(world, expires)
    if mode == "subscription":
        raise invalid("The double sells no subscriptions.", param="mode")
    if params.get("customer") and params.get("customer_email"):
        raise invalid("You may only specify one of these parameters: customer, customer_email.")
    if params.get("customer"):
        world.get(call.account, "customer", params["customer"], param="customer")
    items = line_items(world, call.account, params) if mode == "payment" else []
    _check_money(call, mode, items)
    session = _new(call, mode, ui_mode, expires, meta)
    _add_money(call, session, items)
    return session


def _check_urls(params: Obj, ui_mode: str) -> None:
    hosted = ui_mode in ("hosted_page", "form")
    needed = "success_url" if hosted else "return_url"
    if needed not in params and params.get("redirect_on_completion") != "never":
        raise invalid(f"Missing required param: {needed}.", param=needed)
    for name in () if hosted else ("success_url", "cancel_url"):
        if name in params:
            raise invalid(f"`{name}` is not allowed if ui_mode is `{ui_mode}`.", param=name)
    for name in ("success_url", "cancel_url", "return_url"):
        if name in params and not params[name].startswith(("http://", "https://")):
            raise invalid("Not a valid URL", param=name, code="url_invalid")


def _check_expiry(world: World, expires: int) -> None:
    ahead = expires - world.clock.now()
    if ahead < HALF_AN_HOUR - SKEW:
        raise invalid("The `expires_at` timestamp must be at least 30 minutes from Checkout "
                      "Session creation.", param="expires_at")  # fmt: skip
    if ahead > DAY + SKEW:
        raise invalid("The `expires_at` timestamp must be less than 24 hours from Checkout "
                      "Session creation.", param="expires_at")  # fmt: skip


def _check_money(call: Call, mode: str, items: list[Obj]) -> None:
    data = call.params.get("payment_intent_data") or {}
    if mode == "setup":
        if data or call.params.get("line_items"):
            raise invalid("`line_items` and `payment_intent_data` are not for `setup` mode.")
        return
    if not items:
        raise invalid("`line_items` is required in `payment` mode.", param="line_items")
    total = sum(item["amount_total"] for item in items)
    metadata(data, param="payment_intent_data[metadata]")
    if total:
        payment_intents.check_amount(total, items[0]["currency"])
        payment_intents.check_connect(call.world, call.account, data, total)


def _new(call: Call, mode: str, ui_mode: str, expires: int, meta: Obj) -> Obj:
    world, params = call.world, call.params
    given = {name: params[name] for name in _COPIED if name in params}
    session = world.make(
        call.account, "checkout.session", **{
            **given, "mode": mode, "ui_mode": ui_mode, "status": "open", "metadata": meta,
            "payment_status": "unpaid" if mode == "payment" else "no_payment_required",
            "expires_at": expires, "payment_method_types": ["card"], "custom_fields": [],
            "shipping_options": [], "adaptive_pricing": {"enabled": False},
        },
    )  # fmt: skip
    if ui_mode == "hosted_page":
        world.change(session, url=f"{world.base_url}/pay/{session['id']}")
    else:
        world.change(session, client_secret=f"{session['id']}_{new_id('secret')}")
    kept = {name: params.get(name) or {} for name in ("payment_intent_data", "setup_intent_data")}
    return world.change(session, **{f"_{name}": value for name, value in kept.items()})


def _add_money(call: Call, session: Obj, items: list[Obj]) -> None:
    world = call.world
    automatic = (call.params.get("automatic_tax") or {}).get("enabled", False)
    tax = sum(item["amount_tax"] for item in items)
    total = sum(item["amount_total"] for item in items)
    liability = (call.params.get("automatic_tax") or {}).get("liability")
    session["automatic_tax"] |= {"enabled": automatic, "liability": liability,
                                 "status": "complete" if automatic else None}  # fmt: skip
    if items:
        world.change(
            session, currency=items[0]["currency"], amount_total=total,
            amount_subtotal=sum(item["amount_subtotal"] for item in items),
            total_details=world.blank("checkout.session.TotalDetails")
            | {"amount_discount": 0, "amount_shipping": 0, "amount_tax": tax},
        )  # fmt: skip
    elif "currency" in call.params:
        world.change(session, currency=call.params["currency"])
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    world.change(session, _includes={"line_items": listed(url, items)})


def expire(world: World, session: Obj) -> Obj:
    """End an open session; whoever has its page open can no longer pay.

    Raises:
        Problem: it is complete or has expired.
    """
    if session["status"] != "open":
        raise refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of `{session['status']}`."
        )
    world.change(session, status="expired", url=None)
    intent = world.find(session["_account"], session["payment_intent"] or "")
    if intent is not None and intent["status"] != "succeeded":
        payment_intents.cancel(world, intent, "expired")
    world.emit(session["_account"], "checkout.session.expired", session)
    return session


def expire_due(world: World) -> None:
    """End every open session whose time is over."""
    now = world.clock.now()
    for account in list(world.accounts):
        for session in world.each(account, "checkout.session", status="open"):
            if session["expires_at"] <= now:
                expire(world, session)


def _list(call: Call) -> Obj:
    names = ("payment_intent", "customer", "status")
    equal = {name: call.params[name] for name in names if name in call.params}
    found = call.world.each(call.account, "checkout.session", **equal)
    email = (call.params.get("customer_details") or {}).get("email")
    return page(call, [each for each in found if not email or _email(each) == email])


def _email(session: Obj) -> str | None:
    details: Obj = session["customer_details"] or {}
    email: str | None = details.get("email") or session["customer_email"]
    return email


def _update(call: Call) -> Obj:
    session = call.get("checkout.session")
    return call.world.change(session, metadata=metadata(call.params, session["metadata"]))


def _items(call: Call) -> Obj:
    items: list[Obj] = call.get("checkout.session")["_includes"]["line_items"]["data"]
    return page(call, reversed(items))


operations: Operations = {
    ("post", "/v1/checkout/sessions"): _create,
    ("get", "/v1/checkout/sessions"): _list,
    ("get", "/v1/checkout/sessions/{session}"): lookup("checkout.session"),
    ("post", "/v1/checkout/sessions/{session}"): _update,
    ("post", "/v1/checkout/sessions/{session}/expire"): lambda call: expire(
        call.world, call.get("checkout.session")
    ),
    ("get", "/v1/checkout/sessions/{session}/line_items"): _items,
}
