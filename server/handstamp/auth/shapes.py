"""What the outside says about an organizer's profile, checked field by field."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from handstamp.auth import rules
from handstamp.kit.typed_text import printable, with_line_feeds
from handstamp.plumbing.texts import languages


def _address(text: str) -> str:
    return rules.clean_email(text) if text.strip() else ""


def _web(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s\x00-\x1f\"<>\\]+", text):
        raise ValueError("Write an address that begins with https://.")
    return text


def _color(text: str) -> str:
    if text and not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise ValueError("Write a colour like #4a2fae.")
    return text


def _language(text: str) -> str:
    if text and text not in languages():
        raise ValueError("Choose one of: " + ", ".join(languages()) + ".")
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\r\n\t]*$"),
    AfterValidator(printable),
]
Lines = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500),
    AfterValidator(with_line_feeds),
    AfterValidator(printable),
]
Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20_000),
    AfterValidator(with_line_feeds),
    AfterValidator(printable),
]
Mail = Annotated[str, Field(max_length=254), AfterValidator(_address)]
Web = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_web)]
Color = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=20),
    AfterValidator(_color),
]
Language = Annotated[str, Field(max_length=20), AfterValidator(_language)]


class ProfileChange(BaseModel):
    """How an organizer appears to buyers; '' where nothing is to be said."""

    model_config = ConfigDict(extra="forbid")

    legal_name: Line = ""
    legal_address: Lines = ""
    tax_number: Line = ""
    contact_email: Mail = ""
    website: Web = ""
    brand_color: Color = ""
    refund_policy: Prose = ""
    language: Language = ""
