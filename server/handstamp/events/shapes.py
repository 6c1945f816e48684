"""What the outside says about events, tiers and lists, checked field by field."""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from handstamp.events import entry_rules, rules
from handstamp.kit.typed_text import printable, with_line_feeds

MAX_MILLIS = 2**53 - 1
LEAST_BUDGET_MS, MOST_BUDGET_MS = 100, 5_000


def _zone(text: str) -> str:
    if not rules.zone_exists(text):
        raise ValueError("is not a time zone; one looks like America/Vancouver")
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\r\n\t]*$"),
    AfterValidator(printable),
]
MaybeLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\r\n\t]*$"),
    AfterValidator(printable),
]
Gate = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=entry_rules.LONGEST_GATE),
    AfterValidator(printable),
]
Prose = Annotated[
    str,
    StringConstraints(max_length=20_000),
    AfterValidator(with_line_feeds),
    AfterValidator(printable),
]
Code = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z0-9]{2,8}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{1,58}[a-z0-9])$")]
Currency = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{3}$")]
Zone = Annotated[str, AfterValidator(_zone)]
Web = Annotated[str, StringConstraints(max_length=500, pattern=r"^(?:https://[^\s\x00-\x1f]+)?$")]
Moment = Annotated[int, Field(ge=0, le=MAX_MILLIS)]
Capacity = Annotated[int, Field(ge=0, le=1_000_000)]
PromptKinds = Annotated[
    list[Literal["age", "photo", "note"]],
    Field(max_length=3),
    PlainSerializer(lambda kinds: ",".join(dict.fromkeys(kinds))),
]
Budget = Annotated[int, Field(ge=LEAST_BUDGET_MS, le=MOST_BUDGET_MS)]
Hours = Annotated[int, Field(ge=0, le=8_760)]
PersonalField = Literal["name", "email", "order", "note"]


class Shape(BaseModel):
    """A body whose unknown members are refused by name."""

    model_config = ConfigDict(extra="forbid")


class NewEvent(Shape):
    """An event to create. Times in ms UTC; code and slug are made from the title if absent."""

    title: Line
    start_at: Moment
    end_at: Moment
    time_zone: Zone
    currency: Currency = "CAD"
    code: Code | None = None
    slug: Slug | None = None
    summary: Prose = ""
    description: Prose = ""
    venue: MaybeLine = ""
    city: MaybeLine = ""
    province: MaybeLine = ""
    capacity: Capacity | None = None
    cover_url: Web = ""
    unknown_policy: Literal["accept", "accept_and_flag", "hold"] = "accept_and_flag"
    unknown_max_age_s: Annotated[int, Field(ge=0, le=366 * 86_400)] = 12 * 3600
    snapshot_fields: list[PersonalField] = ["name", "email", "order", "note"]
    release_hours: Hours = 24
    refund_until: Moment | None = None
    refund_policy: Prose = ""
    ask_phone: bool = False
    members_only: bool = False
    strict_budget_ms: Budget | None = None

    @model_validator(mode="after")
    def _times(self) -> Self:
        problem = rules.times_problem(self.start_at, self.end_at)
        if problem:
            raise ValueError(problem)
        return self


class EventChange(Shape):
    """What to change of an event; absent members stay as they are."""

    title: Line | None = None
    start_at: Moment | None = None
    end_at: Moment | None = None
    time_zone: Zone | None = None
    code: Code | None = None
    slug: Slug | None = None
    summary: Prose | None = None
    description: Prose | None = None
    venue: MaybeLine | None = None
    city: MaybeLine | None = None
    province: MaybeLine | None = None
    capacity: Capacity | None = None
    cover_url: Web | None = None
    unknown_policy: Literal["accept", "accept_and_flag", "hold"] | None = None
    unknown_max_age_s: Annotated[int, Field(ge=0, le=366 * 86_400)] | None = None
    snapshot_fields: list[PersonalField] | None = None
    release_hours: Hours | None = None
    refund_until: Moment | None = None
    refund_policy: Prose | None = None
    ask_phone: bool | None = None
    members_only: bool | None = None
    strict_budget_ms: Budget | None = None


class NewTier(Shape):
    """A tier to add; price in minor units of the event's currency."""

    name: Line
    price_cents: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    capacity: Capacity | None = None
    max_per_order: Annotated[int, Field(ge=1, le=1000)] = 10
    sales_start_at: Moment | None = None
    sales_end_at: Moment | None = None
    visibility: Literal["public", "hidden"] = "public"
    ask_names: bool = False
    prompt_kinds: PromptKinds = []
    prompt_text: MaybeLine = ""
    sort: Annotated[int, Field(ge=-10_000, le=10_000)] = 0


class TierChange(Shape):
    """What to change of a tier; absent members stay as they are."""

    name: Line | None = None
    price_cents: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    capacity: Capacity | None = None
    max_per_order: Annotated[int, Field(ge=1, le=1000)] | None = None
    sales_start_at: Moment | None = None
    sales_end_at: Moment | None = None
    visibility: Literal["public", "hidden"] | None = None
    ask_names: bool | None = None
    prompt_kinds: PromptKinds | None = None
    prompt_text: MaybeLine | None = None
    sort: Annotated[int, Field(ge=-10_000, le=10_000)] | None = None


class TaxShape(Shape):
    """A named tax; `ppm` in millionths (50 000 is 5 %), to a thousandth of a percent."""

    name: Annotated[Line, Field(max_length=40)]
    ppm: Annotated[int, Field(ge=10, le=1_000_000, multiple_of=10)]
    compound: bool = False


class PricesChange(Shape):
    """What to change of what is added to prices; absent members stay as they are.

    `fee_bp`: hundredths of a percent, `fee_fixed`: minor units for each ticket. `tax_mode`: none,
    rates (those given here), or stripe (Stripe Tax works it out).
    """

    fee_bp: Annotated[int, Field(ge=0, le=5_000)] | None = None
    fee_fixed: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    fee_payer: Literal["buyer", "organizer"] | None = None
    tax_mode: Literal["none", "rates", "stripe"] | None = None
    rates: Annotated[list[TaxShape], Field(max_length=5)] | None = None


class ListTierShape(Shape):
    """A tier on a list; the window is from (inclusive) until (exclusive), null is open."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    tier: Annotated[int, Field(ge=1, le=rules.LAST_NUMBER)]
    opens: Moment | None = Field(default=None, alias="from")
    closes: Moment | None = Field(default=None, alias="until")

    def rule(self) -> rules.ListTier:
        """Return it as the rules know it."""
        return rules.ListTier(self.tier, self.opens, self.closes)


class NewList(Shape):
    """A check-in list: its name, which tiers may enter when, how often, and what is watched.

    `per_day` and `day_start` (a local time) count with entry `per_day` alone.
    """

    name: Line
    tiers: Annotated[list[ListTierShape], Field(min_length=1, max_length=255)]
    entry: Literal["single", "reentry", "per_day"] = "single"
    per_day: Annotated[int, Field(ge=1, le=entry_rules.MOST_PER_DAY)] = 1
    day_start: Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = (
        entry_rules.DAY_START
    )
    capacity: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    undo_s: Annotated[int, Field(ge=0, le=entry_rules.LONGEST_UNDO_S)] = entry_rules.UNDO_S
    gates: Annotated[list[Gate], Field(max_length=entry_rules.MOST_GATES)] = []

    def rule(self) -> entry_rules.EntryRules:
        """Return how often a ticket may enter, as the rules know it."""
        return entry_rules.EntryRules(
            mode=self.entry,
            per_day=self.per_day,
            day_start=self.day_start,
            capacity=self.capacity,
            undo_s=self.undo_s,
            gates=tuple(self.gates),
        )
