"""Printed ids: readable, checked, and never a key to a door."""

from hypothesis import given
from hypothesis import strategies as st

from handstamp.kit.ids import ALPHABET
from handstamp.tickets.printed_id import printed_prefix, printed_tail, serial_of

SERIALS = st.integers(1, (1 << 40) - 1)
MIDNIGHT_UTC = 1_736_899_200_000  # 2025-01-15T00:00Z


@given(SERIALS)
def test_a_printed_id_reads_back_in_any_case_and_with_the_usual_slips(serial: int) -> None:
    tail = printed_tail(serial)
    assert serial_of(f"MGY-PF-20250115-{tail}") == serial
    assert serial_of(f"  mgy-pf-20250115-{tail.lower()} ") == serial
    assert serial_of(tail.replace("0", "O").replace("1", "l")) == serial


@given(SERIALS, st.integers(0, 8), st.integers(1, 31))
def test_a_wrong_letter_is_noticed(serial: int, place: int, step: int) -> None:
    tail = printed_tail(serial)
    wrong = ALPHABET[(ALPHABET.index(tail[place]) + step) % 32]
    assert serial_of(tail[:place] + wrong + tail[place + 1 :]) is None


@given(st.text(max_size=30))
def test_any_other_text_is_no_printed_id_or_one_that_reads_back(text: str) -> None:
    serial = serial_of(text)
    assert serial is None or serial_of(printed_tail(serial)) == serial


def test_the_date_is_the_events_own() -> None:
    assert printed_prefix("MGY", "PF", MIDNIGHT_UTC, "America/Vancouver") == "MGY-PF-20250114-"
    assert printed_prefix("MGY", "PF", MIDNIGHT_UTC, "Asia/Tokyo") == "MGY-PF-20250115-"
