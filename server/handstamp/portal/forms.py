"""The forms of the organizer's pages; each says in plain words what is wrong with a field."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError as ShapeError
from starlette_wtf import StarletteForm
from wtforms import (
    BooleanField,
    Field,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, ListWidget

from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.local_time import NoSuchTime, from_local, to_local, zone_names
from handstamp.plumbing.texts import _

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}")


Said = Callable[[], str]
Check = Callable[[Any, Field], None]


def filled(message: Said) -> Check:
    """Return the check of a field that must not be left empty; the message is made when said."""

    def check(_form: Any, field: Field) -> None:
        if not (field.raw_data and str(field.raw_data[0]).strip()):
            field.errors = []
            raise StopValidation(message())

    return check


def at_most(letters: int) -> Check:
    """Return the check of a field of so many letters at most."""

    def check(_form: Any, field: Field) -> None:
        if len(field.data or "") > letters:
            raise ValidationError(_("Use %(count)s letters at most.") % {"count": letters})

    return check


class WholeNumberField(StringField):
    """A whole number from 0 to `most`, or nothing; its data is an int or None."""

    most = 1_000_000

    def __init__(self, *, most: int = 1_000_000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what the browser sent."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = int(text) if re.fullmatch("[0-9]{1,15}", text) else None
        if text and (self.data is None or self.data > self.most):
            raise ValueError(_("Write a whole number from 0 to %(most)s.") % {"most": self.most})


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


class DeskForm(StarletteForm):
    """A form whose fields also take the refusals of the use case behind it."""

    def take(self, error: ShapeError | Problem) -> None:
        """Put a use case's refusal at the fields it names, and the rest above the form."""
        for name, message in _refusals(error):
            field = self._fields.get(name)
            if field is None or name == "csrf_token":
                self.form_errors.append(message)
            else:
                field.errors = [*field.errors, message]


def _refusals(error: ShapeError | Problem) -> list[tuple[str, str]]:
    if isinstance(error, Problem):
        named = [
            (str(item.get("field", "")), str(item.get("message", error.detail)))
            for item in error.errors
        ]
        return named or [("", error.detail)]
    return [
        (str(item["loc"][0]) if item["loc"] else "", _plain(item))
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _plain(item: Mapping[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    return message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")


class SignInForm(DeskForm):
    """Who wants to sign in."""

    email = StringField(validators=[filled(lambda: _("Write your e-mail address."))])

    def validate_email(self, field: Field) -> None:
        """Refuse what no mail can be sent to."""
        if not _EMAIL.fullmatch((field.data or "").strip()):
            raise ValidationError(_("That does not look like an e-mail address."))


class CodeForm(DeskForm):
    """The six digits of the sign-in mail."""

    code = StringField(validators=[filled(lambda: _("Write the 6 digits from the mail."))])


class OrganizerForm(DeskForm):
    """A new organizer."""

    name = StringField(validators=[filled(lambda: _("Write a name.")), at_most(120)])
    code = StringField(validators=[filled(lambda: _("Write 2 to 5 letters."))])

    def validate_code(self, field: Field) -> None:
        """Refuse codes that cannot begin a printed ticket id."""
        if not re.fullmatch(r"[A-Za-z]{2,5}", (field.data or "").strip()):
            raise ValidationError(_("Use 2 to 5 letters from A to Z."))


class EventForm(DeskForm):
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
    snapshot_fields = Checkboxes(choices=["name", "email", "order"])

    def process(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        """Read the zone first, for the times are meant in it."""
        chosen = formdata.get("time_zone") if formdata else None
        zone = chosen or getattr(obj, "time_zone", None) or kwargs.get("time_zone")
        for name in ("start_at", "end_at"):
            self._fields[name].zone = zone if zone in zone_names() else "UTC"
        super().process(formdata, obj, **kwargs)

    def values(self) -> dict[str, Any]:
        """Return the members of the event as the use case takes them."""
        found = {
            name: (self[name].data or "").strip()
            for name in ("title", "venue", "city", "province", "summary", "description")
        }
        found |= {name: self[name].data for name in ("start_at", "end_at", "time_zone", "capacity")}
        for name in ("slug", "code"):
            if (self[name].data or "").strip():
                found[name] = self[name].data.strip()
        found["unknown_policy"] = self.unknown_policy.data
        if self.unknown_hours.data is not None:
            found["unknown_max_age_s"] = self.unknown_hours.data * 3600
        found["snapshot_fields"] = self.snapshot_fields.data or []
        return found


class TierForm(DeskForm):
    """A kind of ticket."""

    name = StringField(validators=[filled(lambda: _("Give the tier a name.")), at_most(200)])
    price = StringField()
    capacity = WholeNumberField()
    hidden = BooleanField()


class DeviceForm(DeskForm):
    """A phone to pair."""

    name = StringField(validators=[filled(lambda: _("Give the phone a name.")), at_most(80)])
    gate = StringField(validators=[at_most(80)])
    role = SelectField(choices=["steward", "supervisor"])


class KeyForm(DeskForm):
    """A key for a third-party scanner."""

    name = StringField(validators=[filled(lambda: _("Give the key a name.")), at_most(80)])
    gate = StringField(validators=[at_most(80)])
