"""What an account's state means, in words that a person understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.payments import rules
from handstamp.payments.rules import Standing, later_status, payment_status, state_of


def standing(**others: object) -> Standing:
    """An account that Stripe still asks something of."""
    known: dict[str, object] = {
        "charges_enabled": False,
        "payouts_enabled": False,
        "details_submitted": True,
        "disabled_reason": "requirements.past_due",
        "deauthorized": False,
    }
    return Standing(**{**known, **others})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("account", "state"),
    [
        (None, "none"),
        (standing(charges_enabled=True), "ready"),
        (standing(charges_enabled=True, deauthorized=True), "disconnected"),
        (standing(details_submitted=False), "unfinished"),
        (standing(), "asked"),
        (standing(disabled_reason=""), "asked"),
        (standing(disabled_reason="under_review"), "review"),
        (standing(disabled_reason="requirements.pending_verification"), "review"),
        (standing(disabled_reason="rejected.fraud"), "rejected"),
    ],
)
def test_every_state_says_why_nothing_can_be_sold(account: Standing | None, state: str) -> None:
    assert state_of(account) == state
    assert bool(rules.why_not_selling(account)) == (state != "ready")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("external_account", "A bank account for payouts"),
        ("individual.dob.day", "A date of birth"),
        ("person_1A2b.verification.document", "An identity document"),
        ("representative.verification.additional_document", "A second identity document"),
        ("individual.first_name", "Details of the person responsible"),
        ("company.tax_id", "Details of the company"),
        ("company.verification.document", "A document that proves the company exists"),
        ("tos_acceptance.date", "Agreement to Stripe's terms"),
        ("something.new", "Something that Stripe explains on its page"),
    ],
)
def test_what_stripe_asks_for_is_said_in_words(name: str, words: str) -> None:
    assert rules.requirement_words(name) == words


@given(st.lists(st.sampled_from(rules.STATUS_ORDER)))
def test_a_payment_that_succeeded_stays_so_in_any_order(told: list[str]) -> None:
    status = "pending"
    for one in told:
        status = later_status(status, one)
    assert (status == "succeeded") == ("succeeded" in told)


@pytest.mark.parametrize(
    ("stripe_status", "code", "ours"),
    [
        ("succeeded", "", "succeeded"),
        ("succeeded", "card_declined", "succeeded"),
        ("canceled", "", "failed"),
        ("requires_payment_method", "insufficient_funds", "failed"),
        ("requires_payment_method", "", "pending"),
        ("processing", "", "pending"),
    ],
)
def test_stripes_words_become_ours(stripe_status: str, code: str, ours: str) -> None:
    assert payment_status(stripe_status, code) == ours
