"""Connected accounts and the links by which their owners sign up."""

from fakestripe.call import Call, Operations, metadata, page
from fakestripe.problems import Problem, invalid
from fakestripe.spec import Obj
from fakestripe.world import PLATFORM, World, new_id

LINK_LIVES = 300
_CURRENCIES = {"GB": "gbp", "US": "usd", "CH": "chf", "SE": "sek", "DK": "dkk", "NO": "nok",
               "PL": "pln", "CZ": "czk", "JP": "jpy", "CA": "cad", "AU": "aud"}  # fmt: skip
_DUE = ["business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]
_STILL_DUE = ["individual.verification.document"]
_PLAIN = ("business_type", "company", "email", "individual", "tos_acceptance")


def _create(call: Call) -> Obj:
    params = call.params
    kind = params.get("type") or _kind_of(params.get("controller"))
    if kind not in ("standard", "express", "none"):
        raise invalid("The double has standard and express accounts.", param="type")
    wanted = params.get("capabilities") or {}
    if kind == "express" and not wanted:
        raise invalid("You must request at least one capability.", param="capabilities")
    return new(call.world, kind=kind, params=params, meta=metadata(params), wanted=wanted)


def _kind_of(controller: Obj | None) -> str:
    board = (controller or {}).get("stripe_dashboard", {}).get("type", "full")
    return {"full": "standard", "express": "express", "none": "none"}[board]


def new(world: World, *, kind: str, params: Obj, meta: Obj, wanted: Obj) -> Obj:
    """Make an account that has yet to sign up."""
    country = params.get("country", "DE")
    names = [name for name, each in wanted.items() if each.get("requested")]
    account = world.make(
        PLATFORM, "account", type=kind, country=country, email=params.get("email"),
        business_type=params.get("business_type"),
        default_currency=_CURRENCIES.get(country, "eur"), charges_enabled=False,
        payouts_enabled=False, details_submitted=False, metadata=meta,
        capabilities=dict.fromkeys(names or ["card_payments", "transfers"], "inactive"),
        controller=_controller(world, kind),
        requirements=_requirements(world, _DUE, "requirements.past_due"),
        business_profile=world.blank("account.BusinessProfile")
        | params.get("business_profile", {}),
        external_accounts={"object": "list", "data": [], "has_more": False, "url": "/v1/accounts"},
    )  # fmt: skip
    world.accounts.setdefault(account["id"], {})
    return account


def _controller(world: World, kind: str) -> Obj:
    losses = "application" if kind == "express" else "stripe"
    payer = "application_express" if kind == "express" else "account"
    board = {"standard": "full"}.get(kind, kind)
    return world.blank("account.Controller") | {
        "type": "application", "is_controller": True, "requirement_collection": "stripe",
        "fees": {"payer": payer}, "losses": {"payments": losses},
        "stripe_dashboard": {"type": board},
    }  # fmt: skip


def _requirements(world: World, due: list[str], why: str | None) -> Obj:
    return world.blank("account.Requirements") | {
        "currently_due": due, "eventually_due": due, "past_due": due if why else [],
        "pending_verification": [], "alternatives": [], "errors": [], "disabled_reason": why,
    }  # fmt: skip


def onboard(world: World, account: Obj, outcome: str) -> Obj:
    """Let the owner of an account fill in Stripe's forms.

    Args:
        outcome: "finish"; "unfinished", they left; "missing", Stripe wants a document;
            "rejected", Stripe wants no business with them.
    """
    if outcome == "unfinished":
        return account
    done = outcome == "finish"
    why = {"missing": "requirements.past_due", "rejected": "rejected.other"}.get(outcome)
    due = _STILL_DUE if outcome == "missing" else []
    state = "active" if done else "inactive"
    world.change(
        account, details_submitted=True, charges_enabled=done, payouts_enabled=done,
        requirements=_requirements(world, due, why),
        capabilities=dict.fromkeys(account["capabilities"], state),
    )  # fmt: skip
    emit_updated(world, account)
    return account


def emit_updated(world: World, account: Obj) -> None:
    """Tell the platform through its Connect endpoint."""
    world.emit(account["id"], "account.updated", account)


def deauthorize(world: World, account: Obj) -> None:
    """Let the owner cut the platform off; its API calls for that account are refused from now."""
    application = {"id": "ca_double", "object": "application", "name": "Handstamp"}
    world.emit(account["id"], "account.application.deauthorized", application)
    world.change(account, _cut_off=True)


def _get(call: Call) -> Obj:
    check_access(call.world, call.ids[0])
    return call.world.get(PLATFORM, "account", call.ids[0])


def _own(call: Call) -> Obj:
    return call.world.get(PLATFORM, "account", call.account or platform(call.world)["id"])


def platform(world: World) -> Obj:
    """Return the platform's own account."""
    for account in world.each(PLATFORM, "account", _platform=True):
        return account
    made = new(world, kind="standard", params={}, meta={}, wanted={})
    return world.change(made, _platform=True, charges_enabled=True, payouts_enabled=True,
                        details_submitted=True)  # fmt: skip


def _list(call: Call) -> Obj:
    every = call.world.each(PLATFORM, "account")
    return page(call, [each for each in every if not each.get("_platform")])


def _update(call: Call) -> Obj:
    account, params = _get(call), call.params
    given = {name: params[name] for name in _PLAIN if name in params}
    if "business_profile" in params:
        given["business_profile"] = account["business_profile"] | params["business_profile"]
    asked = {
        name: "active" if account["charges_enabled"] else "inactive"
        for name, each in (params.get("capabilities") or {}).items()
        if each.get("requested")
    }
    call.world.change(account, metadata=metadata(params, account["metadata"]),
                      capabilities=account["capabilities"] | asked, **given)  # fmt: skip
    emit_updated(call.world, account)
    return account


def _delete(call: Call) -> Obj:
    account = _get(call)
    call.world.remove(account)
    return {"id": account["id"], "object": "account", "deleted": True}


def _link(call: Call) -> Obj:
    params, world = call.params, call.world
    account = world.get(PLATFORM, "account", params["account"], param="account")
    if params["type"] == "account_onboarding":
        for name in ("refresh_url", "return_url"):
            if name not in params:
                raise invalid(f"Missing required param: {name}.", param=name)
    if params["type"] == "account_update" and account["type"] == "standard":
        raise invalid("You cannot create `account_update` type Account Links for this account.",
                      param="type")  # fmt: skip
    token, expires = new_id("lnk"), world.clock.now() + LINK_LIVES
    links = {**account.get("_links", {}), token: {**params, "expires_at": expires, "used": False}}
    world.change(account, _links=links)
    return {
        "object": "account_link",
        "created": world.clock.now(),
        "expires_at": expires,
        "url": f"{world.base_url}/setup/{account['id']}/{token}",
    }


def _login_link(call: Call) -> Obj:
    account = _get(call)
    if account["type"] != "express":
        raise invalid("Cannot create a login link for an account that isn't an Express account.")
    return {"object": "login_link", "created": call.world.clock.now(),
            "url": f"{call.world.base_url}/express/{account['id']}"}  # fmt: skip


def check_access(world: World, account: str) -> None:
    """Refuse the name of an account that the platform has nothing to do with.

    Raises:
        Problem: 403, it does not exist or has cut the platform off.
    """
    found = world.find(PLATFORM, account)
    if found is None or found["object"] != "account" or found.get("_cut_off"):
        message = (
            f"The provided key does not have access to account '{account}' (or that account "
            "does not exist). Application access may have been revoked."
        )
        error = {"type": "invalid_request_error", "code": "account_invalid", "message": message}
        raise Problem(403, error, stored=False)


operations: Operations = {
    ("get", "/v1/account"): _own,
    ("post", "/v1/accounts"): _create,
    ("get", "/v1/accounts"): _list,
    ("get", "/v1/accounts/{account}"): _get,
    ("post", "/v1/accounts/{account}"): _update,
    ("delete", "/v1/accounts/{account}"): _delete,
    ("post", "/v1/account_links"): _link,
    ("post", "/v1/accounts/{account}/login_links"): _login_link,
}
