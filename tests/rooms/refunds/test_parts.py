"""Tables worked out by hand, and properties: what tickets and amounts give back."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.refunds.one_order import Line

from handstamp.ledger.rules import Parts
from handstamp.refunds.parts import (
    Divided,
    LineLeft,
    divided_of,
    fitted,
    lines_left,
    lines_of,
    of_tickets,
    plus,
    tickets_of,
    written,
)
from handstamp.refunds.rules import amount_problem, late_problem


@dataclass
class Refund:
    """A refund as it is stored."""

    lines_json: str
    parts_json: str
    tickets_json: str = ""


# price 3 × 10.00, fee 1.00, GST 5 % + PST 7 % of 31.00 = 3.72; one ticket, then one, then one:
#   net 10.00 10.00 10.00 · fee 0.33 0.34 0.33 (33⅓ down, half of 67 up, the rest) · tax 1.24 each
# price 2 × 19.99 less 10 %, 35.98; fee 2 × 0.99; tax 12 % of 37.96 = 4.56: halves are exact
# yen: 7 tickets for 1000 together: 143 143 143 143 143 143 142 by half up of what is left
TABLE = [
    ((3000, 100, 372), 3, [(1000, 33, 124), (1000, 34, 124), (1000, 33, 124)]),
    ((3598, 198, 456), 2, [(1799, 99, 228), (1799, 99, 228)]),
    ((1, 1, 1), 2, [(1, 1, 1), (0, 0, 0)]),
    ((0, 0, 0), 2, [(0, 0, 0), (0, 0, 0)]),
    ((1000, 0, 0), 7, [(n, 0, 0) for n in (143, 143, 143, 143, 143, 143, 142)]),
    ((2500, 75, 301), 4, [(625, 19, 75), (625, 19, 75), (625, 19, 76), (625, 18, 75)]),
]


@pytest.mark.parametrize(("line", "qty", "by_ticket"), TABLE)
def test_tickets_one_by_one_as_worked_out_by_hand(
    line: tuple[int, int, int], qty: int, by_ticket: list[tuple[int, int, int]]
) -> None:
    left, found = LineLeft("a", qty, Parts(*line)), []
    for _ in range(qty):
        back = of_tickets(left, 1)
        found.append((back.net_tickets, back.fees, back.tax))
        left = LineLeft("a", left.qty - 1, plus(left.parts, back, -1))
    assert found == by_ticket
    assert left.parts == Parts()


amounts = st.integers(0, 10_000_000)


@given(amounts, amounts, amounts, st.integers(1, 200), st.data())
def test_any_way_of_giving_a_line_back_sums_to_the_line(
    net: int, fee: int, tax: int, qty: int, data: st.DataObject
) -> None:
    left, whole = LineLeft("a", qty, Parts(net, fee, tax)), Parts()
    while left.qty:
        some = data.draw(st.integers(1, left.qty))
        back = of_tickets(left, some)
        rest = plus(left.parts, back, -1)
        assert min(rest.net_tickets, rest.fees, rest.tax) >= 0
        for part, of in ((back.net_tickets, left.parts.net_tickets), (back.tax, left.parts.tax)):
            assert abs(part * left.qty - of * some) * 2 <= left.qty
        whole, left = plus(whole, back), LineLeft("a", left.qty - some, rest)
    assert whole == Parts(net, fee, tax)


@given(st.lists(st.tuples(st.integers(1, 9), amounts, amounts, amounts), min_size=1, max_size=6))
def test_all_lines_one_by_one_are_the_whole_order(
    lines: list[tuple[int, int, int, int]],
) -> None:
    stored = [
        Line(f"l{n}", qty, fee, tax, net + fee + tax)
        for n, (qty, net, fee, tax) in enumerate(lines)
    ]
    refunds: list[Refund] = []
    given_back = 0
    for line in stored:
        left = {one.id: one for one in lines_left(stored, refunds)}[line.id]
        back = of_tickets(left, left.qty)
        divided = Divided(back, {line.id: (back.net_tickets, back.fees, back.tax)})
        refunds.append(Refund(f'{{"{line.id}": {left.qty}}}', written(divided)))
        given_back += back.total
    assert given_back == sum(line.total for line in stored)
    assert all(one.qty == 0 and one.parts == Parts() for one in lines_left(stored, refunds))


def test_a_refund_that_failed_in_the_middle_is_given_back_anew_to_the_cent() -> None:
    line = Line("a", 3, 0, 0, 100)
    first, second = Refund('{"a": 1}', ""), Refund('{"a": 1}', "")
    first.parts_json = written(Divided(Parts(33), {"a": (33, 0, 0)}))
    second.parts_json = written(Divided(Parts(34), {"a": (34, 0, 0)}))
    (left,) = lines_left([line], [second])  # the first failed
    assert (left.qty, left.parts.total) == (2, 66)
    assert of_tickets(left, 2).total + 34 == 100


@given(amounts, st.tuples(amounts, amounts, amounts))
def test_an_amount_is_divided_and_sums_to_itself(amount: int, left: tuple[int, int, int]) -> None:
    rest = Parts(*left)
    amount = min(amount, rest.total)
    found = fitted(amount, None, rest)
    assert found.total == amount
    assert found.net_tickets <= rest.net_tickets
    assert found.fees <= rest.fees
    assert found.tax <= rest.tax


def test_what_was_decided_holds_only_while_it_is_there() -> None:
    wanted = Parts(10, 2, 3)
    assert fitted(15, wanted, Parts(100, 2, 3)) == wanted
    assert fitted(15, wanted, Parts(100, 1, 3)).total == 15
    assert fitted(15, wanted, Parts(100, 1, 3)).fees <= 1
    assert fitted(14, wanted, Parts(100, 2, 3)).total == 14


@pytest.mark.parametrize("qty", [0, -1, 4])
def test_more_tickets_than_there_are_cannot_be_given_back(qty: int) -> None:
    with pytest.raises(ValueError, match="not so many"):
        of_tickets(LineLeft("a", 3, Parts(100)), qty)


def test_parts_are_read_as_they_were_written() -> None:
    divided = Divided(Parts(5, 4, 3, 2), {"a": (5, 4, 3)})
    assert divided_of(Refund("", written(divided))) == divided
    assert divided_of(Refund("", "")) is None
    assert lines_of(Refund("", "")) == {}
    assert tickets_of(Refund("", "")) == frozenset()
    assert tickets_of(Refund("", "", "[7, 9]")) == {7, 9}


def test_what_cannot_be_is_said() -> None:
    assert amount_problem(1, 1, tickets=False) == ""
    assert "above zero" in amount_problem(0, 5, tickets=False)
    assert "cost nothing" in amount_problem(0, 5, tickets=True)
    assert "Not so much" in amount_problem(6, 5, tickets=False)
    assert late_problem(None, 5, override=False, note="") == ("", "")
    assert late_problem(6, 5, override=False, note="")[0] == ""
    assert late_problem(5, 5, override=False, note="why")[0] == "late"
    assert late_problem(5, 5, override=True, note="  ")[0] == "note"
    assert late_problem(5, 5, override=True, note="why")[0] == ""
