"""What the API takes and tells about codes; amounts in minor units, times in ms UTC."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from handstamp.discounts.rules import LARGEST_FIXED, LONGEST
from handstamp.events.shapes import Moment, Shape

Typed = Annotated[str, Field(min_length=1, max_length=LONGEST * 2)]
Value = Annotated[int, Field(ge=0, le=LARGEST_FIXED)]
Uses = Annotated[int, Field(ge=1, le=1_000_000)]
Tiers = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=255)]


class NewCode(Shape):
    """A code to add. `value`: hundredths of a percent, or minor units off the whole order.

    `tiers`: what it is for, empty is all. `reveals`: it opens hidden tiers; with kind "access"
    it always does, and takes nothing off.
    """

    code: Typed
    kind: Literal["percent", "fixed", "access"]
    value: Value = 0
    reveals: bool = False
    tiers: Tiers = Field(default_factory=list)
    max_uses: Uses | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class CodeChange(Shape):
    """What to change of a code; its text and kind stay. Absent members stay as they are."""

    value: Value | None = None
    reveals: bool | None = None
    tiers: Tiers | None = None
    max_uses: Uses | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    status: Literal["active", "off"] | None = None


class CodeBody(BaseModel):
    """A code; `used` counts orders that are paid, or held at this moment."""

    id: str
    event_id: str
    code: str
    kind: str
    value: int
    reveals: bool
    tiers: list[str]
    max_uses: int | None
    used: int
    starts_at: int | None
    ends_at: int | None
    status: str
    created_at: int
    updated_at: int


class CodeList(BaseModel):
    """An event's codes, by name."""

    discounts: list[CodeBody]
