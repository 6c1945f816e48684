"""What a buyer does on the page of a Checkout session: type a card, pass 3D Secure, or not."""

from fakestripe import customers, payment_intents, setup_intents
from fakestripe.call import metadata
from fakestripe.cards import Card
from fakestripe.problems import refused
from fakestripe.spec import Obj
from fakestripe.world import World


def pay(
    world: World,
    session: Obj,
    card: Card | None,
    *,
    email: str | None = None,
    name: str | None = None,
    phone: str | None = None,
) -> Obj:
    """Try to pay a session with a card (None: nothing to pay); return its intent or the session.

    The session stays open when the card is declined or wants 3D Secure.

    Raises:
        Problem: 402, declined; 400, the session is complete or has expired.
    """
    if session["status"] != "open":
        raise refused(f"This Checkout Session is {session['status']}.")
    account = session["_account"]
    details = {"email": email or session["customer_email"], "name": name, "phone": phone}
    world.change(session, _buyer=details)
    if session["mode"] == "payment" and session["amount_total"] == 0:
        return _complete(world, session, "no_payment_required")
    if card is None:
        raise refused("A card is needed.")
    method = customers.of_card(world, account, card, details=details)
    if session["mode"] == "setup":
        intent = _setup_intent(world, session)
        setup_intents.confirm(world, intent, method, return_url=session["success_url"])
    else:
        intent = _payment_intent(world, session)
        payment_intents.confirm(world, intent, method, return_url=session["success_url"])
    finish(world, session, intent)
    return intent


def finish(world: World, session: Obj, intent: Obj) -> None:
    """Complete a session whose intent has come through; do nothing otherwise."""
    if session["status"] == "open" and intent["status"] in ("succeeded", "requires_capture"):
        paid = intent["object"] == "payment_intent" and intent["status"] == "succeeded"
        setup = session["mode"] == "setup"
        _complete(world, session,
                  "no_payment_required" if setup else "paid" if paid else "unpaid")  # fmt: skip


def session_of(world: World, intent: Obj) -> Obj | None:
    """Return the session that made an intent, or None."""
    return world.find(intent["_account"], intent.get("_session") or "")


def _payment_intent(world: World, session: Obj) -> Obj:
    kept = world.find(session["_account"], session["payment_intent"] or "")
    if kept is not None:
        return kept
    data = session["_payment_intent_data"]
    params = {**data, "amount": session["amount_total"], "currency": session["currency"]}
    if session["customer"] or session["customer_creation"] == "always":
        params["customer"] = _customer(world, session)
    intent = payment_intents.new(world, session["_account"], params, metadata(data))
    world.change(intent, _session=session["id"])
    world.change(session, payment_intent=intent["id"])
    return intent


def _setup_intent(world: World, session: Obj) -> Obj:
    kept = world.find(session["_account"], session["setup_intent"] or "")
    if kept is not None:
        return kept
    data = session["_setup_intent_data"]
    params = {**data, "usage": "off_session", "customer": _customer(world, session)}
    intent = setup_intents.new(world, session["_account"], params, metadata(data))
    world.change(intent, _session=session["id"])
    world.change(session, setup_intent=intent["id"])
    return intent


def _customer(world: World, session: Obj) -> str:
    if session["customer"] is None:
        buyer = session["_buyer"]
        made = customers.customer(
            world, session["_account"], email=buyer["email"], name=buyer["name"]
        )
        world.change(session, customer=made["id"])
    customer: str = session["customer"]
    return customer


def _complete(world: World, session: Obj, payment_status: str) -> Obj:
    buyer = session["_buyer"]
    details = world.blank("checkout.session.CustomerDetails") | {
        **buyer, "tax_exempt": "none", "tax_ids": [],
        "address": {"city": None, "country": "DE", "line1": None, "line2": None,
                    "postal_code": None, "state": None},
    }  # fmt: skip
    world.change(session, status="complete", payment_status=payment_status, url=None,
                 customer_details=details)  # fmt: skip
    world.emit(session["_account"], "checkout.session.completed", session)
    return session


def back_url(session: Obj) -> str:
    """Return where the buyer goes after paying, with the session's id filled in."""
    url: str = session["success_url"] or session["return_url"] or ""
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])
