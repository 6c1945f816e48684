"""A file of tickets from elsewhere against what an organizer has: what is new, what is wrong."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import tiers_of_many
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.pool import store
from handstamp.pool.csv_rows import Sheet
from handstamp.pool.place_rows import (
    Fixes,
    KnownEvent,
    KnownTier,
    Placed,
    PlacedRow,
    Unknown,
    find_events,
    place_rows,
)
from handstamp.pool.sealer import twin_key, twin_of
from handstamp.tickets.foreign_code import foreign_code_digest
from handstamp.tickets.guest_rows import N_, Issue

MOST_EVENTS = 500


@dataclass(frozen=True)
class PlannedRow:
    """A row with its place, the keyed hash by which a copy is known, and its code's digest."""

    placed: PlacedRow
    twin: str
    digest: bytes | None


@dataclass
class Plan:
    """Rows that could be stored, and everything that is in the way; nothing is stored yet.

    `events`: those of the organizer that are not over, by id; the ones that rows name have
    their tiers.
    """

    sheet: Sheet
    events: Mapping[str, KnownEvent]
    rows: list[PlannedRow] = field(default_factory=list)
    doubles: list[Issue] = field(default_factory=list)
    unknown_events: list[Unknown] = field(default_factory=list)
    unknown_variants: list[Unknown] = field(default_factory=list)
    left_out: list[Issue] = field(default_factory=list)

    @property
    def event_ids(self) -> list[str]:
        """Return the events that rows are of."""
        return sorted({row.placed.event.id for row in self.rows})


@dataclass(frozen=True)
class Compared:
    """Planned rows against the pool: new ones, how many are there, codes of other tickets."""

    fresh: list[PlannedRow]
    known: int
    bad: list[Issue]


async def plan_upload(
    session: AsyncSession, services: Services, organizer_id: str, sheet: Sheet, fixes: Fixes
) -> Plan:
    """Find every row's event and tier among the organizer's; the caller knows who may.

    Raises:
        BadInput: a fix names an event or tier that is not there, or there are too many events.
    """
    found = await store.events_to_come(session, organizer_id, services.clock())
    events = {row[0]: KnownEvent(*row) for row in found}
    _check_events(fixes, events)
    ids = await asyncio.to_thread(find_events, sheet.rows, events, fixes)
    if len({found[0] for found in ids.values() if found}) > MOST_EVENTS:
        raise BadInput(
            _("This file has tickets of more than %(most)d events. Split it.")
            % {"most": MOST_EVENTS}
        )
    await _add_tiers(session, events, ids.values())
    _check_tiers(fixes, events)
    placed = await asyncio.to_thread(place_rows, sheet.rows, events, ids, fixes)
    return await asyncio.to_thread(_plan, sheet, events, placed, twin_key(services))


async def compare(session: AsyncSession, plan: Plan) -> Compared:
    """Tell which planned rows the pool does not hold yet, as this transaction sees it."""
    by_event: dict[str, list[PlannedRow]] = {}
    for row in plan.rows:
        by_event.setdefault(row.placed.event.id, []).append(row)
    fresh, bad = [], []
    for event_id, rows in sorted(by_event.items()):
        twins = await store.known_twins(session, event_id, [row.twin for row in rows])
        new = [row for row in rows if row.twin not in twins]
        digests = [row.digest for row in new if row.digest]
        codes = await store.known_codes(session, event_id, digests)
        bad += [_taken_code(row) for row in new if row.digest in codes]
        fresh += [row for row in new if row.digest not in codes]
    return Compared(fresh, len(plan.rows) - len(fresh) - len(bad), bad)


async def _add_tiers(
    session: AsyncSession, events: dict[str, KnownEvent], found: Iterable[list[str] | None]
) -> None:
    named = {ids[0] for ids in found if ids and len(ids) == 1}
    for event_id, tiers in (await tiers_of_many(session, sorted(named))).items():
        own = tuple(KnownTier(tier.id, tier.name) for tier in tiers)
        events[event_id] = replace(events[event_id], tiers=own)


def _check_events(fixes: Fixes, events: Mapping[str, KnownEvent]) -> None:
    named = {key for key in fixes.events.values() if key}
    if not named <= events.keys():
        raise BadInput(_("A correction names an event that is not there or is over."))


def _check_tiers(fixes: Fixes, events: Mapping[str, KnownEvent]) -> None:
    for event_id, variants in fixes.variants.items():
        event = events.get(event_id)
        if event is None or not event.tiers:
            continue  # of an event that no row names now
        own = {tier.id for tier in event.tiers}
        if any(key and key not in own for key in variants.values()):
            raise BadInput(_("A correction names a variant that its event does not have."))


def _plan(sheet: Sheet, events: Mapping[str, KnownEvent], placed: Placed, key: bytes) -> Plan:
    plan = Plan(
        sheet,
        events,
        doubles=list(sheet.doubles),
        unknown_events=placed.unknown_events,
        unknown_variants=placed.unknown_variants,
        left_out=placed.left_out,
    )
    seen: dict[tuple[str, str | bytes], int] = {}
    for one in placed.rows:
        row, event = one.row, one.event
        planned = PlannedRow(
            one,
            twin_of(key, event.id, row.email, row.password),
            foreign_code_digest(event.number, row.code),
        )
        double = _double(planned, seen)
        if double is None:
            plan.rows.append(planned)
        else:
            plan.doubles.append(double)
    plan.doubles.sort(key=lambda issue: issue.line)
    return plan


def _double(planned: PlannedRow, seen: dict[tuple[str, str | bytes], int]) -> Issue | None:
    line, event_id = planned.placed.row.line, planned.placed.event.id
    first = seen.setdefault((event_id, planned.twin), line)
    if first != line:
        return Issue(N_("is the ticket of line %(line)d again"), {"line": first}, line)
    if planned.digest:
        first = seen.setdefault((event_id, planned.digest), line)
        if first != line:
            return Issue(N_("has the code of line %(line)d again"), {"line": first}, line)
    return None


def _taken_code(row: PlannedRow) -> Issue:
    return Issue(N_("has the code of another ticket that is here already"), {}, row.placed.row.line)
