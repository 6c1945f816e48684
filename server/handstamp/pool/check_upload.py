"""What committing a file of tickets from elsewhere would do; nothing is kept of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.pool import store
from handstamp.pool.csv_rows import CsvRow, Sheet
from handstamp.pool.place_rows import Fixes, KnownEvent, Unknown
from handstamp.pool.plan_upload import Compared, Plan, compare, plan_upload
from handstamp.pool.pool_file import read_pool_file
from handstamp.tickets.guest_rows import Issue

SAMPLE = 20
SHOWN = 200
MASK = "••••••"


@dataclass(frozen=True)
class Preview:
    """A row as it is shown: password and code masked."""

    line: int
    event: str
    variant: str
    email: str
    password: str = MASK
    code: str = ""


@dataclass(frozen=True)
class Coverage:
    """One tier of an event that the file names: `new` of the file and `free` of the pool
    against `waiting` members; `short` is how many would still wait.
    """

    event_id: str
    event: str
    tier_id: str
    tier: str
    new: int
    free: int
    waiting: int

    @property
    def short(self) -> int:
        """Return how many members would still wait."""
        return max(0, self.waiting - self.free - self.new)


@dataclass(frozen=True)
class UploadReport:
    """What a file holds. Lists hold the first 200 of their `*_count`.

    `rows`: rows that are not empty; `valid`: new tickets; `known`: here already; `left_out`:
    rows left out by a fix; `bad`, `doubles`: issues by line. `events`: the organizer's events to
    choose from (by id; those that rows name have tiers).
    """

    filename: str
    format: str
    rows: int
    valid: int
    known: int
    left_out: int
    notes: list[Issue]
    bad: list[Issue]
    bad_count: int
    doubles: list[Issue]
    doubles_count: int
    unknown_events: list[Unknown]
    unknown_events_count: int
    unknown_variants: list[Unknown]
    unknown_variants_count: int
    coverage: list[Coverage]
    sample: list[Preview]
    events: dict[str, KnownEvent] = field(repr=False)

    @property
    def fixed(self) -> bool:
        """Tell whether every name is known or decided about."""
        return not self.unknown_events_count and not self.unknown_variants_count

    @property
    def ready(self) -> bool:
        """Tell whether it can be committed as it stands, nothing left out."""
        return self.fixed and not self.bad_count and not self.doubles_count and self.valid > 0


async def check_upload(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    organizer_id: str,
    content: bytes,
    *,
    filename: str,
    fixes: Fixes | None = None,
) -> UploadReport:
    """Read a file and compare it with the organizer's events, demand and pool; store nothing.

    Raises:
        NotFound: the actor does not run this organizer's events.
        TooLarge: the file is larger than 5 MB.
        BadInput: it cannot be read, or a fix names what is not there.
    """
    check_manager(actor, organizer_id)
    sheet = await read_pool_file(content)
    plan = await plan_upload(session, services, organizer_id, sheet, fixes or Fixes())
    compared = await compare(session, plan)
    bad = sorted([*sheet.bad, *compared.bad], key=lambda issue: issue.line)
    return UploadReport(
        filename=shown_name(filename),
        format=sheet.format,
        rows=sheet.count,
        valid=len(compared.fresh),
        known=compared.known,
        left_out=len(plan.left_out),
        notes=sheet.notes,
        bad=bad[:SHOWN],
        bad_count=len(bad),
        doubles=plan.doubles[:SHOWN],
        doubles_count=len(plan.doubles),
        unknown_events=plan.unknown_events[:SHOWN],
        unknown_events_count=len(plan.unknown_events),
        unknown_variants=plan.unknown_variants[:SHOWN],
        unknown_variants_count=len(plan.unknown_variants),
        coverage=await _coverage(session, plan, compared),
        sample=_sample(sheet),
        events=dict(plan.events),
    )


def check_manager(actor: Actor, organizer_id: str) -> None:
    """Let only those past who run the organizer's events.

    Raises:
        NotFound: the actor does not.
    """
    if not organizer_id or not actor.may_manage(organizer_id):
        raise NotFound(_("There is no such organizer among yours."))


def shown_name(filename: str) -> str:
    """Return a file's name without its folders and without what cannot be printed."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in name if letter.isprintable())[:120] or "tickets.csv"


def masked(row: CsvRow) -> Preview:
    """Return a row without its password and code."""
    code = MASK if row.code else ""
    return Preview(row.line, row.event, row.variant, row.email, code=code)


async def _coverage(session: AsyncSession, plan: Plan, compared: Compared) -> list[Coverage]:
    named = plan.event_ids
    waiting = await store.waiting(session, named)
    free = await store.free(session, named)
    new = Counter((row.placed.event.id, row.placed.tier_id) for row in compared.fresh)
    return [
        Coverage(
            event_id=event_id,
            event=plan.events[event_id].title,
            tier_id=tier.id,
            tier=tier.name,
            new=new[event_id, tier.id],
            free=free.get((event_id, tier.id), 0),
            waiting=waiting.get((event_id, tier.id), 0),
        )
        for event_id in _by_start(plan, named)
        for tier in plan.events[event_id].tiers
    ]


def _by_start(plan: Plan, event_ids: Sequence[str]) -> list[str]:
    return sorted(event_ids, key=lambda key: (plan.events[key].start_at, key))


def _sample(sheet: Sheet) -> list[Preview]:
    return [masked(row) for row in sheet.rows[:SAMPLE]]
