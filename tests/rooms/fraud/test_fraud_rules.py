"""What looks odd about purchases, and what does not."""

import pytest

from handstamp.fraud.rules import KINDS, MOST_ORDERS, Seen, clean_domain, find_signals, watched_part
from handstamp.kit.clock import DAY, HOUR

NOW = 100 * DAY


def seen(number: int, **others: object) -> Seen:
    values = {
        "id": f"ord_{number}", "at": NOW - 60_000, "network": f"net{number}",
        "email": f"mail{number}", "domain": "example.org", "placed": False, "declined": False,
        "attempts": 1, "card": "",
    }  # fmt: skip
    return Seen(**{**values, **others})  # type: ignore[arg-type]


def many(count: int, **others: object) -> list[Seen]:
    return [seen(number, **others) for number in range(count)]


@pytest.mark.parametrize(
    ("kind", "least", "others"),
    [
        ("unpaid_network", 10, {"network": "n"}),
        ("declined_network", 4, {"network": "n", "declined": True}),
        ("declined_email", 3, {"email": "e", "declined": True}),
        ("fast_network", 10, {"network": "n", "placed": True}),
        ("fast_email", 5, {"email": "e", "placed": True}),
        ("fast_card", 5, {"card": "c", "placed": True, "email": "e"}),
        ("shared_card", 3, {"card": "c", "placed": True, "at": NOW - 20 * HOUR}),
    ],
)
def test_each_kind_begins_at_its_number(kind: str, least: int, others: dict[str, object]) -> None:
    assert kind not in {one.kind for one in find_signals(many(least - 1, **others), NOW)}
    found = {one.kind: one for one in find_signals(many(least, **others), NOW)}
    assert found[kind].n == least
    assert found[kind].orders == tuple(f"ord_{n}" for n in range(least))
    old = many(least, **{**others, "at": NOW - DAY})
    assert kind not in {one.kind for one in find_signals(old, NOW)}


def test_tries_of_one_order_are_counted_by_its_pages() -> None:
    found = find_signals([seen(1, attempts=6), seen(2, attempts=5)], NOW)
    assert [(one.kind, one.subject, one.n) for one in found] == [("attempts_order", "ord_1", 6)]


def test_ordinary_buyers_and_what_is_unknown_are_not_odd() -> None:
    nobody = many(50, network="", email="", placed=True)
    assert find_signals([*many(9, placed=True), *nobody], NOW) == []


def test_one_person_with_one_card_shares_it_with_nobody() -> None:
    orders = many(4, card="c", placed=True, email="e")
    assert find_signals(orders, NOW) == []


def test_addresses_of_watched_domains_are_pointed_out() -> None:
    orders = [
        seen(1, domain="Mailinator.com"),
        seen(2, domain="mx.odd.example"),
        seen(3, domain="odder.example"),
    ]
    found = find_signals(orders, NOW, {"odd.example"})
    told = {(one.subject, one.orders) for one in found}
    assert told == {("mailinator.com", ("ord_1",)), ("odd.example", ("ord_2",))}
    assert watched_part("localhost", {"localhost"}) == ""


def test_a_signal_names_a_few_orders_of_many() -> None:
    found = find_signals(many(60, network="n"), NOW)
    assert (found[0].n, len(found[0].orders)) == (60, MOST_ORDERS)
    assert found[0].kind in KINDS


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("Example.org", "example.org"),
        (" ada@example.org ", "example.org"),
        ("*.example.org.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_domains_are_read_as_people_type_them(typed: str, domain: str) -> None:
    assert clean_domain(typed) == domain


@pytest.mark.parametrize("typed", ["", "org", "a b.org", "-a.org", "\0.org", "ü" * 80 + ".org"])
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not a domain"):
        clean_domain(typed)
