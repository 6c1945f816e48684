"""The forms of the organizer's pages; each says in plain words what is wrong with a field."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError as ShapeError
from wtforms import (
    BooleanField,
    Field,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, ListWidget

from handstamp.events.shapes import LEAST_BUDGET_MS, MOST_BUDGET_MS
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.form_fields import PageForm, address, at_most, filled
from handstamp.plumbing.local_time import NoSuchTime, from_local, to_local, zone_names
from handstamp.plumbing.texts import _


class WholeNumberField(StringField):
    """A whole number from `least` to `most`, or nothing; its data is an int or None."""

    least, most = 0, 1_000_000

    def __init__(self, *, least: int = 0, most: int = 1_000_000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what the browser sent."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = int(text) if re.fullmatch("[0-9]{1,15}", text) else None
        if text and (self.data is None or not self.least <= self.data <= self.most):
            bounds = {"least": self.least, "most": self.most}
            raise ValueError(_("Write a whole number from %(least)s to %(most)s.") % bounds)


class LocalTimeField(Field):
    """A date and time in the zone of the form's event; its data is milliseconds UTC or None."""

    widget = DateTimeLocalInput()

    zone: str = "UTC"

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else to_local(self.data, self.zone)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what the browser sent."""
        self.data: Millis | None = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = from_local(valuelist[0], self.zone)
        except NoSuchTime as error:
            raise ValueError(
                _("The clocks go forward over that time on that day. Choose another.")
            ) from error
        except ValueError as error:
            raise ValueError(_("Write a date and a time, like 2026-11-21 19:30.")) from error


class Checkboxes(SelectMultipleField):
    """Several choices, each a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SignInForm(PageForm):
    """Who wants to sign in."""

    email = StringField(validators=[filled(lambda: _("Write your e-mail address.")), address])


class CodeForm(PageForm):
    """The six digits of the sign-in mail."""

    code = StringField(validators=[filled(lambda: _("Write the 6 digits from the mail."))])


class OrganizerForm(PageForm):
    """A new organizer."""

    name = StringField(validators=[filled(lambda: _("Write a name.")), at_most(120)])
    code = StringField(validators=[filled(lambda: _("Write 2 to 5 letters."))])

    def validate_code(self, field: Field) -> None:
        """Refuse codes that cannot begin a printed ticket id."""
        if not re.fullmatch(r"[A-Za-z]{2,5}", (field.data or "").strip()):
            raise ValidationError(_("Use 2 to 5 letters from A to Z."))


def mean_times_in(form: PageForm, zone: str | None) -> None:
    for field in form:
        if isinstance(field, LocalTimeField):
            field.zone = zone if zone in zone_names() else "UTC"


class EventForm(PageForm):
    """What is told about an event, and how its door treats tickets it does not know."""

    title = StringField(validators=[filled(lambda: _("Give the event a title.")), at_most(200)])
    start_at = LocalTimeField(validators=[filled(lambda: _("Say when it starts."))])
    end_at = LocalTimeField(validators=[filled(lambda: _("Say when it ends."))])
    time_zone = SelectField(choices=list(zone_names()))
    venue = StringField()
    city = StringField()
    province = StringField()
    summary = TextAreaField()
    description = TextAreaField()
    capacity = WholeNumberField()
    currency = StringField()
    slug = StringField()
    code = StringField()
    unknown_policy = SelectField(choices=["accept_and_flag", "accept", "hold"])
    unknown_hours = WholeNumberField(most=8760)
    release_hours = WholeNumberField(most=8760)
    snapshot_fields = Checkboxes(choices=["name", "email", "order", "note"])
    refund_until = LocalTimeField()
    refund_policy = TextAreaField()
    ask_phone = BooleanField()
    members_only = BooleanField()

    def process(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        """Read the zone first, for the times are meant in it."""
        chosen = formdata.get("time_zone") if formdata else None
        zone = chosen or getattr(obj, "time_zone", None) or kwargs.get("time_zone")
        mean_times_in(self, zone)
        super().process(formdata, obj, **kwargs)

    def values(self) -> dict[str, Any]:
        """Return the members of the event as the use case takes them."""
        found = {
            name: (self[name].data or "").strip()
            for name in ("title", "venue", "city", "province", "summary", "description")
        }
        found["refund_policy"] = (self.refund_policy.data or "").strip()
        for name in ("start_at", "end_at", "time_zone", "capacity", "refund_until"):
            found[name] = self[name].data
        for name in ("ask_phone", "members_only"):
            found[name] = self[name].data
        for name in ("slug", "code"):
            if (self[name].data or "").strip():
                found[name] = self[name].data.strip()
        found["unknown_policy"] = self.unknown_policy.data
        if self.unknown_hours.data is not None:
            found["unknown_max_age_s"] = self.unknown_hours.data * 3600
        if self.release_hours.data is not None:
            found["release_hours"] = self.release_hours.data
        found["snapshot_fields"] = self.snapshot_fields.data or []
        return found


class TierForm(PageForm):
    """A kind of ticket."""

    name = StringField(validators=[filled(lambda: _("Give the tier a name.")), at_most(200)])
    price = StringField()
    capacity = WholeNumberField()
    max_per_order = WholeNumberField(least=1, most=1000)
    sales_start_at = LocalTimeField()
    sales_end_at = LocalTimeField()
    hidden = BooleanField()
    ask_names = BooleanField()
    prompt_kinds = Checkboxes(choices=["age", "photo", "note"])
    prompt_text = StringField(validators=[at_most(200)])

    def process(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        """Read the zone of the tier's event first, for the times are meant in it."""
        mean_times_in(self, kwargs.pop("time_zone", None))
        super().process(formdata, obj, **kwargs)

    def take(self, error: ShapeError | Problem) -> None:
        """Put what is wrong with the price in minor units at the price as it is typed."""
        for item in error.errors if isinstance(error, Problem) else ():
            if item.get("field") == "price_cents":
                item["field"] = "price"
        super().take(error)


class DeviceForm(PageForm):
    """A phone to pair."""

    name = StringField(validators=[filled(lambda: _("Give the phone a name.")), at_most(80)])
    gate = StringField(validators=[at_most(80)])
    role = SelectField(choices=["steward", "supervisor"])


class VoidForm(PageForm):
    """From when on a phone's scans are to be void, and why; `number` once it was looked at."""

    since = LocalTimeField(validators=[filled(lambda: _("Say from when on."))])
    reason = StringField(validators=[filled(lambda: _("Say why.")), at_most(200)])
    number = WholeNumberField(least=1, most=999_999_999)

    def process(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        """Read the zone of the event first, for the time is meant in it."""
        mean_times_in(self, kwargs.pop("time_zone", None))
        super().process(formdata, obj, **kwargs)


class PinForm(PageForm):
    """A supervisor's PIN, typed twice."""

    pin = PasswordField(validators=[filled(lambda: _("Write 4 to 8 digits."))])
    again = PasswordField()

    def validate_again(self, field: Field) -> None:
        """Refuse two that differ: nobody sees what was typed."""
        if (field.data or "").strip() != (self.pin.data or "").strip():
            raise ValidationError(_("The two do not match. Type the same digits again."))


class StrictForm(PageForm):
    """Whether phones ask the server before a green light, and how long they wait."""

    strict = BooleanField()
    budget_ms = WholeNumberField(least=LEAST_BUDGET_MS, most=MOST_BUDGET_MS)


class KeyForm(PageForm):
    """A key for a third-party scanner."""

    name = StringField(validators=[filled(lambda: _("Give the key a name.")), at_most(80)])
    gate = StringField(validators=[at_most(80)])
