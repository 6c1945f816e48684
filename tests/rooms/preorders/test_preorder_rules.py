"""What a pre-order may become, in whose words it is told, and how many one may place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.architecture import tree

from handstamp.clubs.rules import Window, week_after
from handstamp.preorders import models, rules
from handstamp.preorders.rules import Placed

PAGE = tree.ROOT / "docs" / "pre-orders.md"
WINDOW = Window(1_000, 2_000)
statuses = st.sampled_from(rules.STATUSES)
placed_in_week = st.lists(
    st.builds(Placed, st.uuids().map(str), st.sampled_from("abcd"), statuses), max_size=8
)


def published() -> dict[str, tuple[str, ...]]:
    """Return the table of docs/pre-orders.md: status to its cells; `–` is empty."""
    rows = re.findall(r"^\| `(\w+)` \|(.+)\|$", PAGE.read_text(), re.M)
    told = {}
    for status, cells in rows:
        told[status] = tuple(cell.strip().replace("`", "") for cell in cells.split("|"))
    return {status: tuple("" if cell == "–" else cell for cell in told[status]) for status in told}


def test_the_published_table_is_what_the_rules_say() -> None:
    expected = {
        status: (words.seed_1, words.seed_2, words.shown, ", ".join(rules.MOVES[status]))
        for status, words in rules.WORDS.items()
    }
    assert published() == expected
    assert set(rules.WORDS) == set(rules.MOVES)


def test_the_words_of_the_seeds_are_all_there() -> None:
    seed_1 = {words.seed_1 for words in rules.WORDS.values()} - {""}
    seed_2 = {words.seed_2 for words in rules.WORDS.values()} - {""}
    assert seed_1 == {"Pending", "Successful – Ticket Sent", "Failed – Card Declined"}
    assert seed_2 == {"Processing", "Fulfilled", "Waiting for Ticket"}
    assert rules.WORDS["waiting_for_stock"].hint
    assert rules.DECLINED == "Card declined – try public drop"


def test_the_sentence_after_placing_is_seed_1s_to_the_letter() -> None:
    said = rules.RECEIVED % {"time": rules.spoken_time("19:00"), "weekday": rules.WEEKDAYS[1]}
    assert said == (
        "Pre-order received. We’ll charge your card at 7PM Tuesday if your ticket is confirmed."
    )


@pytest.mark.parametrize(
    ("clock", "said"),
    [("00:00", "12AM"), ("00:30", "12:30AM"), ("09:05", "9:05AM"), ("12:00", "12PM"),
     ("12:01", "12:01PM"), ("19:30", "7:30PM"), ("23:59", "11:59PM")],
)  # fmt: skip
def test_times_are_said_as_seed_1_says_them(clock: str, said: str) -> None:
    assert rules.spoken_time(clock) == said


def test_moves_lead_only_to_statuses_and_never_out_of_an_end() -> None:
    for status, following in rules.MOVES.items():
        assert set(following) <= set(rules.MOVES)
        assert all(rules.may_become(status, one) for one in following)
        assert not rules.may_become(status, status)
    assert all(set(rules.MOVES[status]) <= set(rules.CLOSED) for status in rules.CLOSED)
    assert rules.before("charging") == ("approved",)
    assert rules.before("paid") == ("charging", "needs_action")


def test_no_money_moves_without_approval_and_none_after_an_end() -> None:
    """Every way to `paid` goes through approved, then charging; back is possible if refused."""
    assert set(rules.before("approved")) == {"pending", "charging"}
    assert set(rules.before("charging")) == {"approved"}
    for status in rules.UNCHARGED:
        assert not rules.may_become(status, "paid")
    for status in (*rules.CLOSED, *rules.PAID):
        assert not rules.may_become(status, "charging")


def test_the_index_of_open_ones_is_what_the_rules_call_open() -> None:
    listed = set(re.findall(r"'(\w+)'", models.OPEN))
    assert listed == set(rules.CLOSED)
    assert set(rules.OPEN) | set(rules.CLOSED) == set(rules.STATUSES)


@pytest.mark.parametrize(
    ("now", "code"), [(999, "not_yet"), (1_000, ""), (1_999, ""), (2_000, "closed")]
)
def test_the_window_opens_and_closes_to_the_millisecond(now: int, code: str) -> None:
    refusal = rules.window_refusal(WINDOW, now)
    assert (refusal.code if refusal else "") == code


@given(statuses, st.integers(0, 3_000))
def test_a_member_changes_only_what_is_uncharged_and_in_time(status: str, now: int) -> None:
    refusal = rules.change_refusal(status, WINDOW, now)
    assert (refusal is None) == (status in rules.UNCHARGED and now < 2_000)


def test_a_card_may_come_a_little_late() -> None:
    assert rules.card_in_time(WINDOW, 2_000 + rules.CARD_GRACE - 1)
    assert not rules.card_in_time(WINDOW, 2_000 + rules.CARD_GRACE)


@pytest.mark.parametrize("closed", sorted({*rules.CLOSED} - {*rules.FREES_WEEK}))
def test_what_was_had_of_the_same_event_counts_when_another_gives_way(closed: str) -> None:
    """One is had, one is unfinished, and two are allowed: the unfinished one gives way."""
    placed = [Placed("draft", "a", "draft"), Placed("had", "b", closed)]
    assert rules.limit_refusal(placed, "b", 2) is None
    assert rules.in_the_way(placed, "b", 2) == ("draft",)


@given(placed_in_week, st.sampled_from("abcd"), st.integers(1, 3))
def test_after_placing_a_member_never_has_more_than_the_limit(
    placed: list[Placed], event_id: str, per_week: int
) -> None:
    if rules.limit_refusal(placed, event_id, per_week) is not None:
        return
    going = rules.in_the_way(placed, event_id, per_week)
    left = [one for one in placed if one.id not in going]
    own = [one for one in left if one.event_id == event_id and one.status == "draft"]
    assert all(one.status == "draft" for one in placed if one.id in going)
    others = [one for one in left if one not in own]
    assert rules.counted_in_week(others) + 1 <= per_week or not going
    kept = [one for one in others if one.status != "draft"]
    assert rules.counted_in_week(kept) + 1 <= per_week


def test_the_limits_in_words() -> None:
    def why(*placed: Placed, per_week: int = 1) -> str:
        refusal = rules.limit_refusal(placed, "mine", per_week)
        return refusal.code if refusal else ""

    assert why() == ""
    assert why(Placed("1", "mine", "draft")) == ""
    assert why(Placed("1", "mine", "pending")) == "already"
    assert why(Placed("1", "mine", "fulfilled"), per_week=5) == "already"
    assert why(Placed("1", "mine", "failed"), per_week=5) == ""
    assert why(Placed("1", "other", "pending")) == "week_limit"
    assert why(Placed("1", "other", "pending"), per_week=2) == ""
    assert why(Placed("1", "other", "failed")) == "week_limit"
    assert why(Placed("1", "other", "not_allocated")) == "week_limit"
    assert why(Placed("1", "other", "cancelled")) == ""
    assert why(Placed("1", "other", "denied")) == ""
    assert why(Placed("1", "other", "draft")) == ""
    assert rules.in_the_way([Placed("1", "other", "draft")], "mine", 1) == ("1",)
    assert rules.in_the_way([Placed("1", "other", "draft")], "mine", 2) == ()
    refusal = rules.limit_refusal([Placed("1", "other", "paid")] * 2, "mine", 2)
    assert refusal is not None
    assert refusal.number == 2


def test_a_change_is_refused_once_the_deadline_is_over_and_once_it_is_charged() -> None:
    assert rules.change_refusal("pending", WINDOW, WINDOW.closes - 1) is None
    late = rules.change_refusal("pending", WINDOW, WINDOW.closes)
    charged = rules.change_refusal("charging", WINDOW, WINDOW.opens)
    assert late is not None and late.code == "closed"
    assert charged is not None and charged.code == "too_late"


@given(st.integers(0, 6), st.times().map(lambda moment: f"{moment:%H:%M}"))
def test_the_last_charge_time_is_over_and_the_next_one_is_not(weekday: int, at: str) -> None:
    zone = "America/Vancouver"
    now = rules.slot_of("2026-11-02", zone, 1, "19:00").at
    last = rules.last_slot(now, zone, weekday, at)
    following = rules.slot_of(week_after(last.week, 1), zone, weekday, at)
    assert last.at <= now < following.at
