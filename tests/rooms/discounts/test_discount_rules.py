"""Codes: how they are read, which count, and why one does not."""

import pytest

from handstamp.discounts.rules import (
    USED_UP,
    Chosen,
    Code,
    Problem,
    choose,
    clean_code,
    code_problem,
    codes_in,
    is_used_up,
    opened_by,
    opened_now,
    value_problem,
    window_problem,
)
from handstamp.events.price_rules import Discount

TENTH = Code("d1", "TENTH", "percent", 1_000)
FIVE = Code("d2", "FIVE", "fixed", 500, tiers=frozenset("a"))
KEY = Code("k1", "KEY", "access", reveals=True, tiers=frozenset("h"))
MASTER = Code("k2", "MASTER", "access", reveals=True)
OTHER = Code("k3", "OTHER", "access", reveals=True, tiers=frozenset("i"))
HALF_IN = Code("d3", "HALF-IN", "percent", 5_000, reveals=True, tiers=frozenset("h"))
KNOWN = {code.code: code for code in (TENTH, FIVE, KEY, MASTER, OTHER, HALF_IN)}
HIDDEN = ("h", "i")


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("", ()),
        (" summer10 ", ("SUMMER10",)),
        ("a-b, c_d;e  a-B", ("A-B", "C_D", "E")),
        ("ＶＩＰ", ("VIP",)),
    ],
)
def test_codes_are_read_as_people_type_them(typed: str, codes: tuple[str, ...]) -> None:
    assert codes_in(typed) == codes


@pytest.mark.parametrize("code", ["AB", "A" * 41, "A B C", "ÄÖÜ", "A\x00BC", "<b>"])
def test_what_cannot_be_typed_is_no_code(code: str) -> None:
    assert code_problem(clean_code(code))


def test_a_code_has_letters_digits_and_dashes() -> None:
    assert code_problem("EARLY-BIRD_2") == ""


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        ("percent", 0, False),
        ("percent", 1, True),
        ("percent", 10_000, True),
        ("percent", 10_001, False),
        ("percent", -5, False),
        ("fixed", 0, False),
        ("fixed", 1, True),
        ("fixed", 100_000_001, False),
        ("access", 0, True),
        ("access", 1, False),
    ],
)
def test_a_discount_takes_off_something_and_no_more_than_all(
    kind: str, value: int, right: bool
) -> None:
    assert (value_problem(kind, value) == "") is right


def test_a_code_counts_within_its_window() -> None:
    code = Code("d", "D", "percent", 1, starts_at=10, ends_at=20)
    told = [window_problem(code, now) for now in (9, 10, 19, 20)]
    assert [problem.code if problem else "" for problem in told] == [
        "code_not_yet", "", "", "code_ended",
    ]  # fmt: skip
    off = window_problem(Code("d", "D", "percent", 1, active=False), 15)
    assert off and off.code == "no_such_code"


def test_uses_run_out() -> None:
    code = Code("d", "D", "percent", 1, max_uses=2, used=1)
    assert not is_used_up(code)
    assert is_used_up(code, 1)
    assert not is_used_up(Code("d", "D", "percent", 1, used=10**6))
    assert USED_UP.code == "code_used_up"


@pytest.mark.parametrize(
    ("typed", "wants", "found"),
    [
        ([], ["a"], Chosen()),
        (["TENTH"], ["a"], Chosen(TENTH)),
        (["TENTH"], [], Chosen(TENTH)),
        (["FIVE"], ["a", "b"], Chosen(FIVE)),
        (["FIVE"], ["b"], "code_not_for"),
        (["TENTH", "FIVE"], ["a"], "one_code"),
        (["NOTHING"], ["a"], "no_such_code"),
        (["TENTH", "NOTHING"], ["a"], "no_such_code"),
        # a key that opens nothing that was chosen is not used
        (["KEY"], ["a"], Chosen(opens=frozenset("h"))),
        (["KEY"], ["h"], Chosen(access=KEY, opens=frozenset("h"))),
        (["MASTER"], ["h", "i"], Chosen(access=MASTER, opens=frozenset("hi"))),
        (["KEY", "MASTER"], ["h", "i"], Chosen(access=MASTER, opens=frozenset("hi"))),
        (["KEY", "OTHER"], ["h", "i"], "one_code"),
        (["TENTH", "KEY"], ["h"], Chosen(TENTH, KEY, frozenset("h"))),
        # a discount that opens the tier itself needs no key beside it
        (["HALF-IN", "KEY"], ["h"], Chosen(HALF_IN, None, frozenset("h"))),
    ],
)
def test_what_counts_of_typed_codes(
    typed: list[str], wants: list[str], found: Chosen | str
) -> None:
    chosen = choose(typed, KNOWN, wants, HIDDEN)
    if isinstance(chosen, Problem):
        assert chosen.code == found
    else:
        assert chosen == found


def test_a_key_opens_hidden_tiers_alone() -> None:
    assert opened_by([MASTER], HIDDEN) == frozenset(HIDDEN)
    assert opened_by([TENTH], HIDDEN) == frozenset()
    assert opened_now([MASTER], HIDDEN, 0) == frozenset(HIDDEN)
    used = Code("k", "K", "access", reveals=True, max_uses=1, used=1)
    assert opened_now([used], HIDDEN, 0) == frozenset()


def test_a_code_says_what_it_takes_off_and_which_uses_an_order_takes() -> None:
    assert TENTH.off == Discount("percent", 1_000)
    assert KEY.off is None
    assert Chosen(TENTH, KEY).ids == ("d1", "k1")
