"""Everything of a person that erasing needs, locked; and why it cannot be done now."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth import forget_person as accounts
from handstamp.auth.find_person import Person
from handstamp.orders import forget_person as orders
from handstamp.orders.models import Order
from handstamp.preorders import forget_person as preorders
from handstamp.preorders.models import PreOrder
from handstamp.refunds import forget_person as refunds


@dataclass(frozen=True)
class Held:
    """A person's orders and pre-orders; `reasons` say, each in a sentence, why they must stay."""

    orders: Sequence[Order]
    preorders: Sequence[PreOrder]
    reasons: list[str] = field(default_factory=list)

    @property
    def order_ids(self) -> list[str]:
        """Return the ids of the orders."""
        return [one.id for one in self.orders]

    @property
    def preorder_ids(self) -> list[str]:
        """Return the ids of the pre-orders."""
        return [one.id for one in self.preorders]


async def hold_person(session: AsyncSession, person: Person) -> Held:
    """Lock what a person bought and wishes, then look whether money of theirs is open."""
    bought = await orders.locked_orders(session, person)
    wished = await preorders.locked_preorders(session, person)
    held = Held(bought, wished)
    reasons = [
        *await accounts.why_not_forget(session, person),
        *orders.why_not_forget(bought),
        *preorders.why_not_forget(wished),
        *await refunds.why_not_forget(session, held.order_ids, held.preorder_ids),
    ]
    held.reasons.extend(reasons)
    return held
