"""Disputes: the bank takes the money back at once, and gives it again to whoever wins."""

from fakestripe import money
from fakestripe.call import Call, Operations, listing, lookup, metadata
from fakestripe.problems import refused
from fakestripe.spec import Obj
from fakestripe.world import World

OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
TO_ANSWER = 7 * money.DAY


def opened(world: World, charge: Obj, *, reason: str, amount: int | None = None) -> Obj:
    """Open a dispute over a charge; the amount and a fee leave the balance.

    Raises:
        Problem: the charge has been disputed before.
    """
    if charge["disputed"]:
        raise refused(f"Charge {charge['id']} has already been disputed.", code="charge_disputed")
    account = charge["_account"]
    dispute = world.make(
        account,
        "dispute",
        amount=amount or charge["amount"] - charge["amount_refunded"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        currency=charge["currency"],
        reason=reason,
        status="needs_response",
        is_charge_refundable=False,
        metadata={},
    )
    dispute["evidence_details"] |= {
        "due_by": world.clock.now() + TO_ANSWER, "has_evidence": False, "past_due": False,
        "submission_count": 0,
    }  # fmt: skip
    _move(world, dispute, -1)
    world.change(charge, disputed=True)
    world.emit(account, "charge.dispute.created", dispute)
    world.emit(account, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def _move(world: World, dispute: Obj, sign: int) -> None:
    withdrawn = sign < 0
    entry = money.post(
        world,
        dispute["_account"],
        "adjustment",
        amount=sign * dispute["amount"],
        currency=dispute["currency"],
        source=dispute["id"],
        fees={"stripe_fee": money.DISPUTE_FEE} if withdrawn else None,
        reported_as="dispute" if withdrawn else "dispute_reversal",
        description=f"Chargeback {'withdrawal' if withdrawn else 'reversal'} for "
        f"{dispute['charge']}",
    )
    kept = [*dispute["balance_transactions"], {k: v for k, v in entry.items() if k[0] != "_"}]
    world.change(dispute, balance_transactions=kept)


def closed(world: World, dispute: Obj, *, won: bool) -> Obj:
    """Close a dispute; won, the amount (not the fee) comes back.

    Raises:
        Problem: it is closed already.
    """
    if dispute["status"] not in OPEN:
        raise refused(f"This dispute is already closed: {dispute['status']}.")
    world.change(dispute, status="won" if won else "lost")
    if won:
        _move(world, dispute, 1)
        world.emit(dispute["_account"], "charge.dispute.funds_reinstated", dispute)
    world.emit(dispute["_account"], "charge.dispute.closed", dispute)
    return dispute


def _update(call: Call) -> Obj:
    dispute, world = call.get("dispute"), call.world
    changed: Obj = {"metadata": metadata(call.params, dispute["metadata"])}
    if "evidence" in call.params:
        changed["evidence"] = dispute["evidence"] | call.params["evidence"]
        changed["evidence_details"] = dispute["evidence_details"] | {"has_evidence": True}
        if call.params.get("submit", True):
            changed["status"] = "under_review"
            changed["evidence_details"]["submission_count"] += 1
    world.change(dispute, **changed)
    world.emit(call.account, "charge.dispute.updated", dispute)
    return dispute


operations: Operations = {
    ("get", "/v1/disputes"): listing("dispute", "charge", "payment_intent"),
    ("get", "/v1/disputes/{dispute}"): lookup("dispute"),
    ("post", "/v1/disputes/{dispute}"): _update,
    ("post", "/v1/disputes/{dispute}/close"): lambda call: closed(
        call.world, call.get("dispute"), won=False
    ),
}
