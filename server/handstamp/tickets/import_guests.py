"""Importing a guest list: kept, looked at, corrected, then taken over whole or not at all."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.add_tier import add_tier
from handstamp.events.find_events import hold_event, owned_event, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.shapes import NewTier
from handstamp.kit.clock import DAY
from handstamp.kit.ids import new_id
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import guest_columns, store
from handstamp.tickets.guest_file import read_guest_file, says
from handstamp.tickets.guest_rows import (
    MAX_TICKETS,
    Issue,
    Reading,
    Row,
    Table,
    heading_label,
    read_guests,
)
from handstamp.tickets.guest_tiers import FileTier, Placed, place, tier_table
from handstamp.tickets.issue_tickets import Holder, issue_rows
from handstamp.tickets.models import GuestImport

KEPT_FOR = DAY
SAMPLE = 20
SHOWN = 200


@dataclass(frozen=True)
class Choices:
    """What a person decided about a file.

    `columns`: field to column from 0, None = as guessed. `tier_id`: for rows that name no
    tier. `tiers`: a name in the file to one of the event's tiers. `create_tiers`: make tiers
    that are missing. `leave_out_bad`: import the good rows although others are bad.
    """

    columns: dict[str, int] | None = None
    encoding: str = ""
    tier_id: str | None = None
    tiers: dict[str, str] = field(default_factory=dict)
    create_tiers: bool = False
    leave_out_bad: bool = False


@dataclass(frozen=True)
class Plan:
    """A file as read with the choices made, before it is compared with the event."""

    import_id: str
    event_id: str
    choices: Choices
    table: Table
    columns: Mapping[str, int]
    reading: Reading


@dataclass(frozen=True)
class Preview:
    """What an import would do. `bad` and `left_out` hold the first 200 of `*_count` rows."""

    id: str
    filename: str
    status: str
    headings: list[str]
    columns: Mapping[str, int]
    choices: Choices
    sample: list[Row]
    rows: int
    tickets: int
    known: int
    alike: int
    tiers: list[FileTier]
    notes: list[Issue]
    bad: list[Issue]
    bad_count: int
    left_out: list[Issue]
    left_out_count: int

    @property
    def ready(self) -> bool:
        """Tell whether it can be committed as it stands."""
        return not self.bad_count or self.choices.leave_out_bad


@dataclass(frozen=True)
class Result:
    """What an import did; `known` tickets were here already, `tiers` were made."""

    tickets: int
    known: int
    left_out: int
    bad: int
    tiers: list[str]


async def keep_upload(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    filename: str,
    content: bytes,
) -> GuestImport:
    """Keep a file that could be read (`read_guest_file`) until somebody decides, at most a day.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    now = services.clock()
    await store.drop_old_imports(session, now - KEPT_FOR)
    kept = GuestImport(
        id=new_id("imp"),
        event_id=event.id,
        created_by=actor.id,
        filename=_shown_name(filename),
        content=content,
        created_at=now,
    )
    session.add(kept)
    await session.flush()
    return kept


async def save_choices(
    session: AsyncSession, actor: Actor, event_id: str, import_id: str, choices: Choices
) -> None:
    """Keep what was decided about a file.

    Raises:
        NotFound: it is not there, or the event is not the actor's.
        Conflict: it was imported already.
    """
    await owned_event(session, actor, event_id)
    kept = await _kept(session, event_id, import_id, lock=True)
    if kept.status != "preview":
        raise Conflict(_("This file was imported already."))
    kept.mapping_json = json.dumps(asdict(choices))


async def discard_import(
    session: AsyncSession, actor: Actor, event_id: str, import_id: str
) -> None:
    """Forget an uploaded file that was not imported; an imported one stays as a record.

    Raises:
        NotFound: it is not there, or the event is not the actor's.
        Conflict: it was imported already.
    """
    await owned_event(session, actor, event_id)
    kept = await _kept(session, event_id, import_id, lock=True)
    if kept.status != "preview":
        raise Conflict(_("This file was imported already."))
    await session.delete(kept)


async def plan_import(services: Services, actor: Actor, event_id: str, import_id: str) -> Plan:
    """Read a kept file again with the choices kept for it; opens its own transaction.

    Raises:
        NotFound: it is not there, or the event is not the actor's.
        BadInput: it cannot be read with the chosen encoding.
    """
    async with services.db.read() as session:
        await owned_event(session, actor, event_id)
        kept = await _kept(session, event_id, import_id)
    choices = Choices(**json.loads(kept.mapping_json))
    if kept.content is None:
        return Plan(import_id, event_id, choices, Table([], []), {}, Reading())
    table = await read_guest_file(kept.content, choices.encoding)
    return make_plan(import_id, event_id, table, choices)


def make_plan(import_id: str, event_id: str, table: Table, choices: Choices) -> Plan:
    """Read a table with the columns chosen, or guessed where none were."""
    columns = choices.columns
    if columns is None:
        columns = guest_columns.guess(table.headings, [row.cells for row in table.rows])
    return Plan(import_id, event_id, choices, table, columns, read_guests(table, columns))


async def preview_import(session: AsyncSession, actor: Actor, plan: Plan) -> Preview:
    """Compare a plan with the event: what would be issued, what is here already, what is bad.

    Raises:
        NotFound: the file is gone, or the event is not the actor's.
    """
    event = await owned_event(session, actor, plan.event_id)
    kept = await _kept(session, event.id, plan.import_id)
    tiers = await tiers_of(session, event.id)
    placed = place(plan.reading, tiers, plan.choices)
    fresh, known = await _fresh(session, event, placed)
    bad = sorted(placed.bad, key=lambda issue: issue.line)
    return Preview(
        id=kept.id,
        filename=kept.filename,
        status=kept.status,
        headings=[
            heading_label(plan.table.headings, column) for column in range(len(plan.table.headings))
        ],
        columns=plan.columns,
        choices=plan.choices,
        sample=plan.table.rows[:SAMPLE],
        rows=len(plan.table.rows),
        tickets=len(fresh),
        known=known,
        alike=plan.reading.alike,
        tiers=tier_table(plan.reading, tiers, plan.choices),
        notes=plan.table.notes,
        bad=bad[:SHOWN],
        bad_count=len(bad),
        left_out=plan.reading.left_out[:SHOWN],
        left_out_count=len(plan.reading.left_out),
    )


async def commit_import(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    plan: Plan,
    *,
    told: Callable[[int], None] = lambda _more: None,
) -> Result:
    """Issue the tickets of a plan that are not here yet; committing again changes nothing.

    `told` hears how many more are stored.

    Raises:
        NotFound: the file is gone, or the event is not the actor's.
        Conflict: rows are bad and were not left out, or there is nothing in it to import.
    """
    event = await owned_event(session, actor, plan.event_id)
    await hold_event(session, event.id)
    kept = await _kept(session, event.id, plan.import_id, lock=True)
    if kept.status == "committed":
        return Result(**json.loads(kept.result_json))
    result = await _take_over(session, services, actor, event, plan=plan, told=told)
    kept.status, kept.committed_at = "committed", services.clock()
    kept.content, kept.result_json = None, json.dumps(asdict(result))
    await record(
        session,
        actor,
        "guests.import",
        "guest_import",
        kept.id,
        organizer_id=event.organizer_id,
        meta={"event": event.id, **asdict(result)},
    )
    return result


async def _take_over(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event: Event,
    *,
    plan: Plan,
    told: Callable[[int], None],
) -> Result:
    tiers = list(await tiers_of(session, event.id))
    placed = place(plan.reading, tiers, plan.choices)
    if placed.bad and not plan.choices.leave_out_bad:
        raise _bad_rows(placed.bad)
    if not placed.rows:
        raise Conflict(_("There is no row in this file that can be imported."))
    made: list[str] = []
    for name in placed.missing:
        tier = await add_tier(session, services, actor, event.id, NewTier(name=name))
        tiers.append(tier)
        made.append(tier.name)
    if made:
        placed = place(plan.reading, tiers, plan.choices)
    fresh, known = await _fresh(session, event, placed)
    await issue_rows(session, services, event, fresh, source="import", actor=actor, told=told)
    return Result(len(fresh), known, len(plan.reading.left_out), len(placed.bad), made)


async def _fresh(
    session: AsyncSession, event: Event, placed: Placed
) -> tuple[list[tuple[Tier, Holder]], int]:
    wanted: dict[str, tuple[Tier | None, Holder]] = {}
    for tier, guest in placed.rows:
        for copy in range(1, guest.quantity + 1):
            own = guest.external_id if copy == 1 else f"{guest.external_id}#{copy}"
            holder = Holder(guest.name, guest.email, guest.order, own, note=guest.note)
            wanted.setdefault(own, (tier, holder))
    if len(wanted) > MAX_TICKETS:
        raise Conflict(_("This file makes more than 50,000 tickets. Split it."))
    known = await store.externals_taken(session, event.id, list(wanted))
    fresh = [pair for own, pair in wanted.items() if own not in known]
    return fresh, len(known)  # type: ignore[return-value]


def _bad_rows(bad: Sequence[Issue]) -> Conflict:
    kinds = Counter(issue.line for issue in bad)
    return Conflict(
        _("%(count)d rows cannot be imported, so nothing was. Correct them or leave them out.")
        % {"count": len(kinds)},
        code="BadRows",
        errors=[{"line": issue.line, "message": says(issue)} for issue in bad[:SHOWN]],
    )


async def _kept(
    session: AsyncSession, event_id: str, import_id: str, *, lock: bool = False
) -> GuestImport:
    kept = await store.guest_import(session, event_id, import_id, lock=lock)
    if kept is None:
        raise NotFound(_("That file is not here any more. Upload it again."))
    return kept


def _shown_name(filename: str) -> str:
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in name if letter.isprintable())[:120] or "list"
