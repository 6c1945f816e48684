"""The forms of buyers; each says in plain words what is wrong with a field."""

import re

from wtforms import BooleanField, Field, StringField
from wtforms.validators import ValidationError

from handstamp.plumbing.form_fields import PageForm, address, at_most, filled
from handstamp.plumbing.texts import _

LONGEST_NAME = 120
_PHONE = re.compile(r"\+?[\d\s()./-]{5,40}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def one_line(_form: PageForm, field: Field) -> None:
    """Check that a field holds one plain line: it stands in mails, on tickets and at the door."""
    if _CONTROL.search(field.data or ""):
        raise ValidationError(_("Use letters and signs on one line."))


class DetailsForm(PageForm):
    """Who buys, and what they agree to."""

    name = StringField(
        validators=[filled(lambda: _("Write your name.")), at_most(LONGEST_NAME), one_line]
    )
    email = StringField(validators=[filled(lambda: _("Write your e-mail address.")), address])
    phone = StringField()
    terms = BooleanField()
    marketing = BooleanField()

    def validate_phone(self, field: Field) -> None:
        """Refuse what nobody can call."""
        text = (field.data or "").strip()
        if text and not _PHONE.fullmatch(text):
            raise ValidationError(_("Write a phone number, like +1 604 555 0123, or nothing."))

    def validate_terms(self, field: Field) -> None:
        """Ask for the consent that a sale needs."""
        if not field.data:
            raise ValidationError(_("Please agree to the terms and the refund policy."))


class FindForm(PageForm):
    """Whose orders are looked for."""

    email = StringField(validators=[filled(lambda: _("Write your e-mail address.")), address])


class CodeForm(PageForm):
    """The code of a club's invite."""

    code = StringField(validators=[filled(lambda: _("Write the code that the club gave you."))])
