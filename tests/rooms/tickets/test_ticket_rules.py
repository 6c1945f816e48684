"""Which status may follow which, and when a ticket may be issued again."""

import pytest

from handstamp.tickets.rules import (
    STATUS_CODES,
    STATUSES,
    WHY_NOT,
    may_become,
    next_epoch,
    reissue_problem,
)

ALLOWED = {
    ("valid", "refunded"),
    ("valid", "cancelled"),
    ("valid", "disputed"),
    ("refunded", "valid"),
    ("cancelled", "valid"),
    ("cancelled", "refunded"),
    ("disputed", "valid"),
    ("disputed", "refunded"),
    ("disputed", "cancelled"),
}


@pytest.mark.parametrize("current", STATUSES)
@pytest.mark.parametrize("wanted", STATUSES)
def test_statuses_follow_one_another_as_written_and_no_other_way(current: str, wanted: str) -> None:
    assert may_become(current, wanted) == ((current, wanted) in ALLOWED)


def test_every_status_has_its_byte_on_the_wire_and_its_refusal_in_words() -> None:
    assert STATUS_CODES == {"valid": 0, "refunded": 1, "cancelled": 2, "disputed": 3}
    assert {*WHY_NOT} == {*STATUSES}


def test_only_a_valid_ticket_of_a_person_who_is_known_is_issued_again() -> None:
    assert reissue_problem("valid", erased=False) == ""
    assert "erased" in reissue_problem("valid", erased=True)
    for status in ("refunded", "cancelled", "disputed"):
        assert "Restore it first" in reissue_problem(status, erased=False)


def test_the_epoch_after_255_is_a_new_serial() -> None:
    assert next_epoch(1) == 2
    assert next_epoch(254) == 255
    assert next_epoch(255) is None
