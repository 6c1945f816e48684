"""Rows find their event and tier by name, or by what was decided about a name. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from handstamp.pool.csv_rows import CsvRow, same_name
from handstamp.pool.suggest import suggest
from handstamp.tickets.guest_rows import N_, Issue

LEAVE_OUT = ""
SUGGESTED_FOR = 50
MOST_ALIKE = 20


@dataclass(frozen=True)
class KnownTier:
    """A tier that rows may be of: what a file calls a variant."""

    id: str
    name: str


@dataclass(frozen=True)
class KnownEvent:
    """An event that rows may be of; `names`: its title and what else says it without doubt."""

    id: str
    number: int
    title: str
    start_at: int
    time_zone: str
    slug: str = ""
    tiers: tuple[KnownTier, ...] = ()


@dataclass(frozen=True)
class Fixes:
    """What a person decided: a typed event's id, and per event id a typed variant's tier id.

    '' instead of an id leaves the rows of that name out.
    """

    events: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass
class Unknown:
    """A name that stands for no event or tier, or for several; `event_id` is '' for events.

    `suggestions`: ids of what it may mean, the likeliest first.
    """

    typed: str
    event_id: str = ""
    rows: int = 0
    line: int = 0
    several: bool = False
    suggestions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PlacedRow:
    """A row with the ids of its event and tier."""

    row: CsvRow
    event: KnownEvent
    tier_id: str


@dataclass
class Placed:
    """Rows that found their place, names that did not, and rows left out by decision."""

    rows: list[PlacedRow] = field(default_factory=list)
    unknown_events: list[Unknown] = field(default_factory=list)
    unknown_variants: list[Unknown] = field(default_factory=list)
    left_out: list[Issue] = field(default_factory=list)


class _Names:
    """Finds ids by name: exactly, or else by what spellings have in common."""

    def __init__(self, known: Iterable[tuple[str, str]], fixes: Mapping[str, str]) -> None:
        self._exact: dict[str, list[str]] = {}
        self._alike: dict[str, list[str]] = {}
        for key, name in known:
            self._exact.setdefault(name.strip(), []).append(key)
            self._alike.setdefault(same_name(name), []).append(key)
        self._fixes = {same_name(typed): key for typed, key in fixes.items()}

    def find(self, typed: str) -> list[str] | None:
        """Return the ids that a name may stand for; None when its rows are to be left out."""
        fixed = self._fixes.get(same_name(typed))
        if fixed == LEAVE_OUT:
            return None
        if fixed is not None:
            return [fixed]
        return self._exact.get(typed) or self._alike.get(same_name(typed), [])


def find_events(
    rows: Sequence[CsvRow], events: Mapping[str, KnownEvent], fixes: Fixes
) -> dict[str, list[str] | None]:
    """Return, for every event typed, the ids it may stand for; None: leave its rows out."""
    known = [(event.id, event.title) for event in events.values()]
    names = _Names(known, fixes.events)
    sure = {event.slug: event.id for event in events.values()} | {key: key for key in events}
    found = {}
    for typed in {row.event: None for row in rows}:
        ids = names.find(typed)
        found[typed] = [sure[typed]] if ids == [] and typed in sure else ids
    return found


def place_rows(
    rows: Sequence[CsvRow],
    events: Mapping[str, KnownEvent],
    found: Mapping[str, list[str] | None],
    fixes: Fixes,
) -> Placed:
    """Give each row its event and tier; `events` have their tiers, `found` is of `find_events`."""
    placed = Placed()
    tiers: dict[str, _Names] = {}
    unknown: dict[tuple[str, str], Unknown] = {}
    for row in rows:
        ids = found[row.event]
        if ids is None:
            _leave_out(placed, row, row.event)
            continue
        if len(ids) != 1:
            one = Unknown(row.event, line=row.line, several=bool(ids), suggestions=ids)
            _count(unknown, placed.unknown_events, one)
            continue
        event = events[ids[0]]
        if event.id not in tiers:
            tiers[event.id] = _tier_names(event, fixes)
        own = tiers[event.id].find(row.variant)
        if own is None:
            _leave_out(placed, row, row.variant)
        elif len(own) != 1:
            one = Unknown(row.variant, event.id, 0, row.line, bool(own), own)
            _count(unknown, placed.unknown_variants, one)
        else:
            placed.rows.append(PlacedRow(row, event, own[0]))
    _suggest(placed, events)
    return placed


def _tier_names(event: KnownEvent, fixes: Fixes) -> _Names:
    known = [(tier.id, tier.name) for tier in event.tiers]
    if len(event.tiers) == 1:
        known.append((event.tiers[0].id, ""))
    return _Names(known, fixes.variants.get(event.id, {}))


def _leave_out(placed: Placed, row: CsvRow, typed: str) -> None:
    placed.left_out.append(Issue(N_("left out: “%(name)s”"), {"name": typed}, row.line))


def _count(unknown: dict[tuple[str, str], Unknown], listed: list[Unknown], one: Unknown) -> None:
    key = (one.event_id, same_name(one.typed))
    if key not in unknown:
        unknown[key] = replace(one, suggestions=one.suggestions[:MOST_ALIKE])
        listed.append(unknown[key])
    unknown[key].rows += 1


def _suggest(placed: Placed, events: Mapping[str, KnownEvent]) -> None:
    titles = {event.id: event.title for event in events.values()}
    _add_suggestions(placed.unknown_events[:SUGGESTED_FOR], titles)
    by_event: dict[str, list[Unknown]] = {}
    for one in placed.unknown_variants[:SUGGESTED_FOR]:
        by_event.setdefault(one.event_id, []).append(one)
    for event_id, unknown in by_event.items():
        _add_suggestions(unknown, {tier.id: tier.name for tier in events[event_id].tiers})


def _add_suggestions(unknown: Sequence[Unknown], known: Mapping[str, str]) -> None:
    bare = [one for one in unknown if not one.suggestions]
    for one, ids in zip(bare, suggest([one.typed for one in bare], known), strict=True):
        one.suggestions = ids
