"""The form of how an organizer appears to buyers."""

from typing import Any

from wtforms import SelectField, StringField, TextAreaField

from handstamp.auth.find_profile import TEXTS
from handstamp.plumbing.form_fields import PageForm, at_most
from handstamp.plumbing.texts import languages


class ProfileForm(PageForm):
    """The legal entity, how to reach it, its colour and its refund policy."""

    legal_name = StringField(validators=[at_most(200)])
    legal_address = TextAreaField(validators=[at_most(500)])
    tax_number = StringField(validators=[at_most(200)])
    contact_email = StringField()
    website = StringField(validators=[at_most(500)])
    brand_color = StringField()
    refund_policy = TextAreaField(validators=[at_most(20_000)])
    language = SelectField(choices=list(languages()))

    def values(self) -> dict[str, Any]:
        """Return the members of the profile as the use case takes them."""
        return {name: (self[name].data or "").strip() for name in TEXTS}
