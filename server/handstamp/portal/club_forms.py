"""The forms about clubs; each says in plain words what is wrong with a field."""

import re
from decimal import Decimal
from typing import Any

from starlette.datastructures import FormData
from wtforms import BooleanField, Field, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from handstamp.clubs import rules
from handstamp.plumbing.form_fields import PageForm, address, at_most, filled
from handstamp.plumbing.local_time import zone_names
from handstamp.plumbing.texts import _
from handstamp.portal.forms import LocalTimeField, WholeNumberField, mean_times_in

_PERCENT = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?")
_COUNT = re.compile(r"\d{1,7}", re.ASCII)


class ClubForm(PageForm):
    """A club: who may get what off, how often, and when cards are charged."""

    name = StringField(validators=[filled(lambda: _("Give the club a name.")), at_most(200)])
    about = TextAreaField()
    time_zone = SelectField(choices=list(zone_names()))
    discount = StringField()
    per_week = WholeNumberField(least=1, most=rules.MOST_PER_WEEK)
    charge_weekday = SelectField(choices=[str(number) for number in range(7)])
    charge_at = StringField()
    charge_start = SelectField(choices=list(rules.CHARGE_STARTS))
    next_in_line = BooleanField()
    recovery_hours = WholeNumberField(most=rules.MOST_RECOVERY_HOURS)

    def validate_discount(self, field: Field) -> None:
        """Refuse what is no percentage."""
        text = (field.data or "").strip()
        if text and (not _PERCENT.fullmatch(text) or self.discount_bp > rules.WHOLE):
            raise ValidationError(_("Write a percentage from 0 to 100, like 10 or 12.5."))

    def validate_charge_at(self, field: Field) -> None:
        """Refuse what is no time of day."""
        if not rules.is_clock((field.data or "").strip()):
            raise ValidationError(_("Write a time of day, like 19:00."))

    @property
    def discount_bp(self) -> int:
        """What members get off, in hundredths of a percent."""
        text = (self.discount.data or "").strip().replace(",", ".")
        return int(Decimal(text) * 100) if text else 0

    def values(self) -> dict[str, Any]:
        """Return the members of the club as the use case takes them."""
        return {
            "name": (self.name.data or "").strip(),
            "about": (self.about.data or "").strip(),
            "time_zone": self.time_zone.data,
            "discount_bp": self.discount_bp,
            "per_week": self.per_week.data or 1,
            "charge_weekday": int(self.charge_weekday.data),
            "charge_at": (self.charge_at.data or "").strip(),
            "charge_start": self.charge_start.data,
            "next_in_line": bool(self.next_in_line.data),
            "recovery_hours": self.recovery_hours.data or 0,
        }


class MemberForm(PageForm):
    """Somebody to invite."""

    email = StringField(validators=[filled(lambda: _("Write an e-mail address.")), address])
    name = StringField(validators=[at_most(200)])


class InviteForm(PageForm):
    """A code that lets people in."""

    note = StringField(validators=[at_most(200)])
    most_uses = WholeNumberField(least=1, most=100_000)
    days = WholeNumberField(least=1, most=366)


class OfferForm(PageForm):
    """An event for a club's members: its week, how it is charged, where its tickets come from."""

    week = SelectField(validate_choice=False)
    charge_mode = SelectField(choices=list(rules.CHARGE_MODES))
    stock = SelectField(choices=list(rules.STOCKS))
    allocation = SelectField(choices=list(rules.ALLOCATIONS))
    ticket_deadline_at = LocalTimeField()
    auto_fill = BooleanField()

    def process(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        """Read the zone of the event first, for the deadline is meant in it."""
        mean_times_in(self, kwargs.pop("time_zone", None))
        super().process(formdata, obj, **kwargs)

    def values(self) -> dict[str, Any]:
        """Return the terms as the use case takes them."""
        names = ("week", "charge_mode", "stock", "allocation", "ticket_deadline_at")
        values = {name: self[name].data or None for name in names}
        return {**values, "auto_fill": bool(self.auto_fill.data)}


def declared_in(sent: FormData, tier_ids: list[str]) -> dict[str, int]:
    """Read how many tickets are declared of each tier; what is no number is left out."""
    found = {}
    for tier_id in tier_ids:
        text = str(sent.get(f"declared-{tier_id}", "")).strip()
        if _COUNT.fullmatch(text):
            found[tier_id] = int(text)
    return found
