"""The forms of fees, taxes and codes: percents and amounts as people type them."""

from decimal import Decimal
from typing import Any

from wtforms import BooleanField, Field, SelectField, StringField
from wtforms.validators import ValidationError

from handstamp.events.models import Event
from handstamp.events.price_rules import TaxRate
from handstamp.plumbing.form_fields import PageForm, at_most, filled
from handstamp.plumbing.money_text import amount_text, percent, read_amount
from handstamp.plumbing.texts import _
from handstamp.portal.forms import Checkboxes, LocalTimeField, WholeNumberField, mean_times_in

ROWS = 5
READY_MADE = (TaxRate("GST", 50_000), TaxRate("PST", 70_000))


def read_percent(text: str, unit: int, most: int) -> int:
    """Read a typed percentage (`9.975` or `9,975`) in parts of which `unit` make one percent.

    Raises:
        ValueError: it is none, or finer than such parts; the message is for people.
    """
    try:
        parts = Decimal(text.strip().rstrip("%").replace(",", ".")) * unit
    except ArithmeticError as error:
        raise ValueError(_("Write a percentage in numbers, like 7.5.")) from error
    if not parts.is_finite() or parts != parts.to_integral_value() or not 0 <= parts <= most:
        raise ValueError(_("Write a percentage that is neither below 0 nor so large or fine."))
    return int(parts)


def read_rate(text: str) -> int:
    """Read a typed tax rate, to a thousandth of a percent, in millionths.

    Raises:
        ValueError: it is none; the message is for people.
    """
    return read_percent(text, 1_000, 100_000) * 10


def percent_of_ppm(ppm: int) -> str:
    """Write millionths as they are typed into a field: `9.975`."""
    return f"{Decimal(ppm) / 10_000:.4f}".rstrip("0").rstrip(".")


class PricesForm(PageForm):
    """What the platform keeps, who pays it, and which taxes are added."""

    fee_percent = StringField()
    fee_amount = StringField()
    fee_payer = SelectField(choices=["buyer", "organizer"])
    tax_mode = SelectField(choices=["none", "rates", "stripe"])
    name_1, name_2, name_3, name_4, name_5 = (
        StringField(validators=[at_most(40)]) for _ in "12345"
    )
    rate_1, rate_2, rate_3, rate_4, rate_5 = (StringField() for _ in "12345")
    compound_1, compound_2, compound_3, compound_4, compound_5 = (BooleanField() for _ in "12345")

    currency = "CAD"

    def validate_fee_percent(self, field: Field) -> None:
        """Refuse what is no percentage."""
        _read(field, lambda text: read_percent(text, 100, 5_000))

    def validate_fee_amount(self, field: Field) -> None:
        """Refuse what is no amount."""
        _read(field, lambda text: read_amount(text, self.currency))

    def validate_tax_mode(self, _field: Field) -> None:
        """Refuse a tax without a name or a rate."""
        for place in range(1, ROWS + 1):
            name, rate = self[f"name_{place}"], self[f"rate_{place}"]
            if bool((name.data or "").strip()) != bool((rate.data or "").strip()):
                raise ValidationError(_("Give each tax both a name and a rate."))
            if (rate.data or "").strip():
                _read(rate, read_rate)

    def change(self, *, amounts: bool) -> dict[str, Any]:
        """Return the members to change; without `amounts` the fee itself stays as it is.

        Raises:
            ValueError: a rate is not one.
        """
        rates = [
            {
                "name": (self[f"name_{place}"].data or "").strip(),
                "ppm": read_rate(self[f"rate_{place}"].data or ""),
                "compound": bool(self[f"compound_{place}"].data),
            }
            for place in range(1, ROWS + 1)
            if (self[f"name_{place}"].data or "").strip()
        ]
        values: dict[str, Any] = {
            "fee_payer": self.fee_payer.data,
            "tax_mode": self.tax_mode.data,
            "rates": rates,
        }
        if amounts:
            values["fee_bp"] = read_percent(self.fee_percent.data or "0", 100, 5_000)
            values["fee_fixed"] = read_amount(self.fee_amount.data or "0", self.currency)
        return values


def prices_shown(event: Event, rates: list[TaxRate]) -> dict[str, Any]:
    """Return what the form of an event begins with; its taxes, or those of British Columbia."""
    shown: dict[str, Any] = {
        "fee_percent": percent(event.fee_bp),
        "fee_amount": amount_text(event.fee_fixed, event.currency),
        "fee_payer": event.fee_payer,
        "tax_mode": event.tax_mode,
    }
    for place, rate in enumerate(rates or READY_MADE, start=1):
        shown[f"name_{place}"] = rate.name
        shown[f"rate_{place}"] = percent_of_ppm(rate.ppm)
        shown[f"compound_{place}"] = rate.compound
    return shown


class CodeForm(PageForm):
    """A code: what it takes off or opens, when, and how often."""

    code = StringField(validators=[filled(lambda: _("Write a code.")), at_most(40)])
    kind = SelectField(choices=["percent", "fixed", "access"])
    value = StringField()
    reveals = BooleanField()
    tiers = Checkboxes(choices=[])
    max_uses = WholeNumberField(least=1, most=1_000_000)
    starts_at = LocalTimeField()
    ends_at = LocalTimeField()

    currency = "CAD"

    def process(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        """Read the event's zone, currency and tiers first."""
        mean_times_in(self, kwargs.pop("time_zone", None))
        self.currency = kwargs.pop("currency", self.currency)
        self.tiers.choices = kwargs.pop("tier_choices", [])
        super().process(formdata, obj, **kwargs)

    def validate_value(self, field: Field) -> None:
        """Refuse what is neither a percentage nor an amount."""
        if self.kind.data == "access":
            return
        if not (field.data or "").strip():
            raise ValidationError(_("A discount must take something off."))
        _read(field, self._value)

    def _value(self, text: str) -> int:
        if self.kind.data == "percent":
            return read_percent(text, 100, 10_000)
        return read_amount(text, self.currency)

    def values(self) -> dict[str, Any]:
        """Return the members that may always be changed."""
        free = self.kind.data == "access"
        return {
            "value": 0 if free else self._value(self.value.data or ""),
            "reveals": free or bool(self.reveals.data),
            "tiers": self.tiers.data or [],
            "max_uses": self.max_uses.data,
            "starts_at": self.starts_at.data,
            "ends_at": self.ends_at.data,
        }


def _read(field: Field, reader: Any) -> None:
    text = (field.data or "").strip()
    if not text:
        return
    try:
        reader(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error
