"""Cards that look alike but for their expiry are told apart; those that look the same are one."""

from handstamp.preorders.models import PreOrder, SavedCard
from handstamp.storefront.card_choice import card_choice


def card(method: str, last4: str = "4242", expires: str = "12/2030") -> SavedCard:
    """Return a card."""
    return SavedCard(payment_method_id=method, brand="visa", last4=last4, expires=expires)


def chosen(cards: list[SavedCard], method: str) -> tuple[str, list[str]]:
    """Return the kept card and the others by their names at Stripe."""
    found = card_choice(cards, PreOrder(payment_method_id=method))
    kept = found.kept.payment_method_id if found.kept else ""
    return kept, [one.payment_method_id for one in found.others]


def test_a_card_with_the_same_digits_and_another_expiry_can_be_chosen() -> None:
    cards = [card("new", expires="01/2034"), card("old"), card("other", "1111")]
    assert chosen(cards, "old") == ("old", ["new", "other"])
    assert chosen(cards, "new") == ("new", ["old", "other"])


def test_the_same_card_saved_twice_is_offered_once() -> None:
    cards = [card("again"), card("first"), card("other", "1111"), card("other2", "1111")]
    assert chosen(cards, "first") == ("first", ["other"])
    assert chosen(cards, "removed") == ("", ["again", "other"])
    assert chosen([], "removed") == ("", [])
