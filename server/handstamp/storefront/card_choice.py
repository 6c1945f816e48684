"""Which saved cards a member may choose instead of the one that a pre-order has; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from handstamp.preorders.models import PreOrder, SavedCard


@dataclass(frozen=True)
class CardChoice:
    """The card that a pre-order has, None where it is not saved, and the others.

    Two cards that look alike (brand, last digits, expiry) are one to whoever chooses.
    """

    kept: SavedCard | None
    others: Sequence[SavedCard]


def card_choice(cards: Sequence[SavedCard], preorder: PreOrder) -> CardChoice:
    """Tell the card of a pre-order from a member's others, each look once, the newest first."""
    kept = next((c for c in cards if c.payment_method_id == preorder.payment_method_id), None)
    looks = {_look(card): card for card in reversed(cards)}
    if kept is not None:
        looks.pop(_look(kept))
    return CardChoice(kept, [card for card in cards if looks.get(_look(card)) is card])


def _look(card: SavedCard) -> tuple[str, str, str]:
    return card.brand, card.last4, card.expires
