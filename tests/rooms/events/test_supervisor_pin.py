"""Which PINs are refused."""

import pytest

from handstamp.events.supervisor_pin import pin_problem


@pytest.mark.parametrize(
    "pin",
    [
        "0000", "1234", "4321", "9876", "7890", "2468", "1212", "123123", "55555555", "2580",
        "1984", "2026", "13571357",
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(pin: str) -> None:
    assert "too easily" in pin_problem(pin)


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12 34", "12.4", "١٢٣٤", "-1234"])
def test_a_pin_is_four_to_eight_digits(pin: str) -> None:
    assert "4 to 8 digits" in pin_problem(pin)


@pytest.mark.parametrize("pin", ["4711", "19372", "80213", "19840715", "1122"])
def test_others_may_be_had(pin: str) -> None:
    assert pin_problem(pin) == ""
