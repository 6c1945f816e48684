"""What the outside says about charge runs, and what it is told."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from handstamp.events.shapes import Shape
from handstamp.preorders.charge_run import Expected
from handstamp.preorders.find_runs import RunProgress
from handstamp.preorders.plan_run import RunPlan

Amount = Annotated[int, Field(ge=0, le=10**12)]


class StartRun(Shape):
    """What was seen in the plan: so many `cards`, and sums in minor units by currency.

    Where that has changed meanwhile nothing begins.
    """

    cards: Annotated[int, Field(ge=0, le=10**6)]
    totals: Annotated[dict[Annotated[str, Field(max_length=3)], Amount], Field(max_length=20)]

    def expected(self) -> Expected:
        """Return it as starting knows it."""
        return Expected(self.cards, self.totals)


class PlanLine(BaseModel):
    """Pre-orders of one event, tier and status; `total` in minor units."""

    event_id: str
    tier_id: str
    tier_name: str
    currency: str
    status: str
    cards: int
    total: int


class PlanBody(BaseModel):
    """A dry run; `due_at`: it cannot begin before, ms UTC. `left_out` would not be charged."""

    week: str
    due_at: int
    cards: int
    totals: dict[str, int]
    not_charged: int
    charges: list[PlanLine]
    left_out: list[PlanLine]


class RunBody(BaseModel):
    """A run: running, paused, stopping or done; counts and sums (minor units) by status.

    `currency` is '' where a run charges several: then `charged_totals` tells them apart.
    """

    id: str
    club_id: str
    week: str
    slot: int
    state: str
    planned: int
    planned_total: int
    currency: str
    started_by: str
    started_at: int
    paused_at: int | None
    finished_at: int | None
    counts: dict[str, int]
    sums: dict[str, int]
    left: int
    charged: int
    charged_totals: dict[str, int]


class RunsBody(BaseModel):
    """A club's runs, the newest first."""

    charge_runs: list[RunBody]


class ResentBody(BaseModel):
    """The mail that brings the ticket once more."""

    mail: str


class ConfirmBody(BaseModel):
    """Where the member goes now to confirm the payment; our own page when that is done."""

    url: str


def plan_body(found: RunPlan) -> dict[str, Any]:
    """Return a plan as the API tells it."""
    return PlanBody(
        week=found.week,
        due_at=found.due_at,
        cards=found.count,
        totals=found.totals,
        not_charged=found.not_charged,
        charges=[PlanLine(**line._asdict()) for line in found.charges],
        left_out=[PlanLine(**line._asdict()) for line in found.left_out],
    ).model_dump()


def run_body(found: RunProgress) -> dict[str, Any]:
    """Return a run as the API tells it."""
    own = {name: getattr(found.run, name) for name in RunBody.model_fields
           if hasattr(found.run, name)}  # fmt: skip
    return RunBody(
        **own,
        counts=dict(sorted(found.counts.items())),
        sums=dict(sorted(found.sums.items())),
        left=found.left,
        charged=found.charged,
        charged_totals=dict(sorted(found.taken.items())),
    ).model_dump()
