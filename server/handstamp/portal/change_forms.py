"""Forms that move an event to another date, and that make another like it."""

from typing import Any

from wtforms import StringField, TextAreaField

from handstamp.plumbing.form_fields import PageForm, at_most, filled
from handstamp.plumbing.texts import _
from handstamp.portal.forms import LocalTimeField, mean_times_in


class PostponeForm(PageForm):
    """The new start, until when money may be asked back, and the organizer's words.

    `seen`: what the page had shown when it was sent, '' before the look.
    """

    start_at = LocalTimeField(validators=[filled(lambda: _("Say when it begins."))])
    refund_until = LocalTimeField()
    message = TextAreaField(validators=[at_most(5_000)])
    seen = StringField()

    def process(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        """Read the zone of the event first, for the times are meant in it."""
        mean_times_in(self, kwargs.pop("time_zone", None))
        super().process(formdata, obj, **kwargs)


class DuplicateForm(PageForm):
    """The title and the start of the new event."""

    title = StringField(validators=[filled(lambda: _("Give the event a title."))])
    start_at = LocalTimeField(validators=[filled(lambda: _("Say when it begins."))])

    def process(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        """Read the zone of the event first, for the time is meant in it."""
        mean_times_in(self, kwargs.pop("time_zone", None))
        super().process(formdata, obj, **kwargs)
