"""Deciding holds in memory, one after another, over what was read for all of them at once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from starlette.responses import Response

from handstamp.discounts.rules import (
    USED_UP,
    Chosen,
    Code,
    Problem,
    choose,
    is_used_up,
    window_problem,
)
from handstamp.events.price_rules import LineParts, Wanted, take_apart
from handstamp.events.tax_lines import written
from handstamp.kit.clock import Millis
from handstamp.kit.ids import new_id
from handstamp.orders import rules
from handstamp.orders.buyers import Buyer
from handstamp.orders.hold_rows import OPEN_STATES, NetworkHold, Offer
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.order_number import new_order_number
from handstamp.plumbing.idempotency import Once
from handstamp.plumbing.models import StoredAnswer
from handstamp.plumbing.texts import SOURCE
from handstamp.tickets.stock import WHOLE_EVENT, Move
from handstamp.waitlist.hold_offers import Offered
from handstamp.waitlist.rules import UNLIMITED, keeps_for_list

N_ = str  # marks text for the catalogues; it is translated where it is shown
NOTHING = Chosen()
CANNOT_SELL = rules.Refusal(
    "",
    "cannot_sell",
    N_("This organizer cannot take payments yet, so nothing can be bought now."),
)


NOT_A_MEMBER = rules.Refusal(
    "",
    "members_only",
    N_("These tickets are for members of a club. Sign in with the address the club knows."),
)


@dataclass(frozen=True)
class Asked:
    """What a buyer wants to hold, how long for, and how many orders a network may hold.

    `codes`: what was typed, as `discounts.rules.codes_in` reads it. `offer_id`: the offer of a
    waiting list whose tickets are taken.
    `once`: the request's key, whose answer (`tell`) is kept together with the order.
    """

    buyer: Buyer
    wants: Mapping[str, int]
    hold_for: Millis
    most_by_network: int
    codes: tuple[str, ...] = ()
    offer_id: str = ""
    once: Once | None = None
    tell: Callable[["Held"], Response] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Return all keys by which the buyer may own a pending order."""
        return self.buyer.keys or (self.buyer.key,)


@dataclass(frozen=True)
class Held:
    """A pending order with its lines; `resumed` tells that it was there already."""

    order: Order
    items: list[OrderItem]
    resumed: bool = False
    answer: Response | None = None


@dataclass(frozen=True)
class InTheWay:
    """The buyer's other order, whose payment page must be closed first."""

    order_id: str


@dataclass(frozen=True)
class Refused:
    """Why not; `names`: tiers by id, as far as the buyer may know them."""

    refusals: list[rules.Refusal]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """What was answered under the request's key before."""

    answer: StoredAnswer


Outcome = Held | InTheWay | Refused | Kept


@dataclass
class Book:
    """An event's holds as they are read and then grow; what must be written at the end.

    `members`: ids of those who may buy what is for members only. `codes`: those that were typed,
    by text; `uses`: how many of each are taken (above zero) or given back, by id. `offers`: those
    of waiting lists that are asked for, by id. `least`: by tier ('' is any) with how few tickets
    somebody on the waiting list can be served.
    """

    event_id: str
    offer: Offer
    now: Millis
    taken: Counter[str]
    recent: Counter[str]
    pending: dict[str, tuple[Order, list[OrderItem]]]
    networks: dict[str, list[NetworkHold]]
    members: frozenset[str] = frozenset()
    codes: Mapping[str, Code] = field(default_factory=dict)
    uses: Counter[str] = field(default_factory=Counter)
    offers: dict[str, Offered] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)
    closing: list[Order] = field(default_factory=list)
    giving_back: list[tuple[Order, list[OrderItem]]] = field(default_factory=list)
    adding: list[Held] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    def decide(self, asked: Asked) -> Outcome:
        """Decide one hold as if all those before were stored already."""
        old, items = self._of(asked)
        is_due = old is not None and rules.is_due(old.expires_at, self.now)
        chosen = self._chosen(asked)
        if isinstance(chosen, Problem):
            return Refused([rules.code_refusal(*chosen)])
        if old and not is_due and self._is_same(old, items, asked, chosen):
            return Held(old, items, resumed=True)
        if asked.offer_id and not self._offer_stands(asked):
            return Refused([rules.OFFER_ENDED])
        if old and old.checkout_state in OPEN_STATES:
            return InTheWay(old.id)
        refused = (
            self._selection(asked, chosen)
            or self._codes(chosen, old)
            or self._limits(asked, old)
            or self._room(asked, old, items)
        )
        if refused is not None:
            return refused
        if old is not None:
            self._close(old, items)
        return self._add(asked, chosen)

    def _of(self, asked: Asked) -> tuple[Order | None, list[OrderItem]]:
        for key in asked.keys:
            if key in self.pending:
                return self.pending[key]
        return None, []

    def _is_same(self, order: Order, items: list[OrderItem], asked: Asked, chosen: Chosen) -> bool:
        if asked.offer_id:
            return order.waitlist_offer_id == asked.offer_id
        held = {item.tier_id: item.qty for item in items}
        same_codes = codes_of(order) == chosen.ids
        return order.event_id == self.event_id and held == asked.wants and same_codes

    def _offer_stands(self, asked: Asked) -> bool:
        offer = self.offers.get(asked.offer_id)
        if offer is None or offer.event_id != self.event_id or not offer.stands(self.now):
            return False
        return [*asked.wants] == [offer.tier_id] and asked.wants[offer.tier_id] <= offer.qty

    def _chosen(self, asked: Asked) -> Chosen | Problem:
        if not asked.codes:
            return Chosen()
        hidden = [tier.id for tier in self.offer.tiers.values() if tier.hidden]
        return choose(asked.codes, self.codes, asked.wants, hidden)

    def _codes(self, chosen: Chosen, old: Order | None) -> Refused | None:
        for code in chosen.codes:
            more = self.uses[code.id] - (1 if old and code.id in codes_of(old) else 0)
            problem = window_problem(code, self.now)
            problem = problem or (USED_UP if is_used_up(code, more) else None)
            if problem:
                return Refused([rules.code_refusal(*problem)])
        return None

    def _selection(self, asked: Asked, chosen: Chosen) -> Refused | None:
        offer = self.offer
        closed = rules.event_refusal(offer.status, offer.end_at, self.now)
        if closed is not None:
            return Refused([closed])
        if offer.members_only and asked.buyer.user_id not in self.members:
            return Refused([NOT_A_MEMBER])
        refusals = rules.selection_refusals(
            asked.wants,
            offer.tiers,
            currency=offer.currency,
            now=self.now,
            open_hidden=chosen.opens,
        )
        if refusals:
            names = {
                tier.id: tier.name
                for tier in offer.tiers.values()
                if not tier.hidden or tier.id in chosen.opens
            }
            return Refused(refusals, names)
        costs = any(offer.tiers[tier].unit_price for tier in asked.wants)
        return Refused([CANNOT_SELL]) if costs and not offer.can_charge else None

    def _limits(self, asked: Asked, old: Order | None) -> Refused | None:
        own = old.id if old else ""
        holds = [hold for hold in self.networks[asked.buyer.network] if hold.order_id != own]
        refusal = rules.holds_refusal(
            by_buyer=self.recent[asked.buyer.key],
            by_network=len({hold.order_id for hold in holds}),
            most_by_network=asked.most_by_network,
        )
        if refusal is None and asked.buyer.network and not asked.offer_id:
            held = Counter[str]()
            for hold in holds:
                if hold.event_id == self.event_id:
                    held.update({hold.tier_id: hold.qty, WHOLE_EVENT: hold.qty})
            refusal = self._share(_sums(asked.wants), held)
        return Refused([refusal]) if refusal else None

    def _share(self, wants: Mapping[str, int], held: Counter[str]) -> rules.Refusal | None:
        capacities = self.offer.capacities
        found = (
            rules.share_refusal(held[tier], qty, capacities[tier]) for tier, qty in wants.items()
        )
        return next((refusal for refusal in found if refusal), None)

    def _room(self, asked: Asked, old: Order | None, items: list[OrderItem]) -> Refused | None:
        if asked.offer_id:
            return None  # the offer holds what is wanted, whatever the capacity is by now
        back = Counter[str]()
        if old is not None and old.event_id == self.event_id and not old.waitlist_offer_id:
            back.update(_sums({item.tier_id: item.qty for item in items}))
        for tier, qty in _sums(asked.wants).items():
            capacity = self.offer.capacities[tier]
            if capacity is not None and self.taken[tier] - back[tier] + qty > capacity:
                return self.sold_out(tier, capacity - self.taken[tier] + back[tier])
        return self._kept(asked, back)

    def _kept(self, asked: Asked, own: Counter[str]) -> Refused | None:
        """Refuse what has become free and is kept for those who wait; `own` is held anyway."""
        if not self.least:
            return None
        whole = self._free(WHOLE_EVENT)
        for tier, qty in asked.wants.items():
            free, hidden = min(whole, self._free(tier)), self.offer.tiers[tier].hidden
            if qty > own[tier] and not hidden and keeps_for_list(self.least, tier, free):
                return self.sold_out(tier, 0)
        return None

    def _free(self, tier: str) -> int:
        capacity = self.offer.capacities[tier]
        return UNLIMITED if capacity is None else capacity - self.taken[tier]

    def sold_out(self, tier_id: str, remaining: int) -> Refused:
        """Say that so few are left of a tier, or of the event ('')."""
        names = {tier.id: tier.name for tier in self.offer.tiers.values()}
        return Refused([rules.sold_out_refusal(tier_id, remaining)], names)

    def _close(self, old: Order, items: list[OrderItem]) -> None:
        self.closing.append(old)
        del self.pending[old.buyer_key]
        self.uses.subtract(codes_of(old))
        if old.waitlist_offer_id:
            self.giving_back.append((old, items))
        else:
            self.moves += [Move(old.event_id, item.tier_id, held=-item.qty) for item in items]
        if old.event_id == self.event_id and not old.waitlist_offer_id:
            self.taken.subtract(_sums({item.tier_id: item.qty for item in items}))
        holds = self.networks[old.network]
        self.networks[old.network] = [hold for hold in holds if hold.order_id != old.id]

    def _add(self, asked: Asked, chosen: Chosen) -> Held:
        held = new_order(self.event_id, self.offer, asked, self.now, chosen=chosen)
        self.uses.update(chosen.ids)
        if asked.offer_id:
            self._take(self.offers[asked.offer_id])
        self.adding.append(held)
        self.pending[held.order.buyer_key] = (held.order, held.items)
        self.recent[held.order.buyer_key] += 1
        self.taken.update(_sums(asked.wants))
        network, order_id = held.order.network, held.order.id
        for tier, qty in asked.wants.items():
            self.moves.append(Move(self.event_id, tier, held=qty))
            self.networks[network].append(NetworkHold(network, order_id, self.event_id, tier, qty))
        return held

    def _take(self, offer: Offered) -> None:
        self.moves.append(Move(offer.event_id, offer.tier_id, held=-offer.qty))
        self.taken.subtract(_sums({offer.tier_id: offer.qty}))
        self.offers[offer.id] = replace(offer, status="ordered")


def by_network(holds: Iterable[NetworkHold]) -> dict[str, list[NetworkHold]]:
    """Return holds by network; any network may be asked for."""
    found: dict[str, list[NetworkHold]] = defaultdict(list)
    for hold in holds:
        found[hold.network].append(hold)
    return found


def codes_of(order: Order) -> tuple[str, ...]:
    """Return the codes of which an order has taken a use."""
    return tuple(code for code in (order.discount_code_id, order.access_code_id) if code)


def new_order(
    event_id: str, offer: Offer, asked: Asked, now: Millis, *, chosen: Chosen = NOTHING
) -> Held:
    """Make a pending order with its price; nothing is stored."""
    wants, buyer = asked.wants, asked.buyer
    lines = [rules.Line(tier, qty, offer.tiers[tier].unit_price) for tier, qty in wants.items()]
    off = chosen.discount.off if chosen.discount else None
    parts = take_apart([Wanted(*line) for line in lines], offer.terms, off)
    priced = rules.price(lines, _price_rules(parts))
    taxes = {part.tier_id: written(part.taxes) for part in parts}
    order = Order(
        id=new_id("ord"),
        number=new_order_number(),
        event_id=event_id,
        organizer_id=offer.organizer_id,
        buyer_key=buyer.key,
        user_id=buyer.user_id,
        network=buyer.network,
        email=buyer.email,
        language=buyer.language or SOURCE,
        currency=offer.currency,
        subtotal=priced.subtotal,
        discount=priced.discount,
        fees=priced.fees,
        tax=priced.tax,
        total=priced.total,
        application_fee=priced.application_fee,
        tax_mode=offer.tax_mode,
        discount_code_id=chosen.discount.id if chosen.discount else None,
        access_code_id=chosen.access.id if chosen.access else None,
        waitlist_offer_id=asked.offer_id or None,
        expires_at=now + asked.hold_for,
        created_at=now,
    )
    items = [
        OrderItem(
            id=new_id("oi"),
            order_id=order.id,
            position=position,
            tier_name=offer.tiers[line.tier_id].name,
            taxes_json=taxes[line.tier_id],
            **line._asdict(),
        )
        for position, line in enumerate(priced.lines)
    ]
    _fill_defaults(order)
    for item in items:
        _fill_defaults(item)
    return Held(order, items)


def _price_rules(parts: Sequence[LineParts]) -> rules.PriceRules:
    return rules.PriceRules(
        discounts={part.tier_id: part.discount for part in parts},
        fees={part.tier_id: part.fee for part in parts},
        taxes={part.tier_id: part.tax for part in parts},
        platform_share=sum(part.share for part in parts),
    )


def _fill_defaults(row: Order | OrderItem) -> None:
    """Give a row that no session inserts the values that its columns begin with."""
    for column in row.__table__.columns:
        if column.default is not None and getattr(row, column.key) is None:
            setattr(row, column.key, column.default.arg)


def _sums(wants: Mapping[str, int]) -> dict[str, int]:
    return {**wants, WHOLE_EVENT: sum(wants.values())}
