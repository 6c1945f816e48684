"""What the forms of all pages are made of: checks in plain words, and refusals at their fields."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError as ShapeError
from starlette_wtf import StarletteForm
from wtforms import Field
from wtforms.validators import StopValidation, ValidationError

from handstamp.plumbing.errors import Problem
from handstamp.plumbing.texts import _

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}")

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


def address(_form: Any, field: Field) -> None:
    """Check that a field holds what a mail can be sent to."""
    if not EMAIL.fullmatch((field.data or "").strip()):
        raise ValidationError(_("That does not look like an e-mail address."))


class PageForm(StarletteForm):
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
