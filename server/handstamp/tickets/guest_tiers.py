"""Which tier each imported guest gets: by name, by choice, or one to be made."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from handstamp.events.models import Tier
from handstamp.events.rules import fold
from handstamp.tickets.guest_rows import MAX_TEXT, N_, Guest, Issue, Reading


class TierChoices(Protocol):
    """The part of an import's choices that is about tiers."""

    @property
    def tier_id(self) -> str | None:
        """The tier of rows that name none."""

    @property
    def tiers(self) -> Mapping[str, str]:
        """A name in the file to the id of one of the event's tiers."""

    @property
    def create_tiers(self) -> bool:
        """Whether missing tiers are to be made."""


@dataclass(frozen=True)
class FileTier:
    """A tier as the file names it ('' = none named), and the event's tier it goes to."""

    name: str
    rows: int
    tier_id: str | None


@dataclass
class Placed:
    """Guests with their tiers (None: one of `missing`, still to be made), and bad rows."""

    rows: list[tuple[Tier | None, Guest]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    bad: list[Issue] = field(default_factory=list)


def place(reading: Reading, tiers: Sequence[Tier], choices: TierChoices) -> Placed:
    """Give every guest a tier; rows that get none are added to the bad ones."""
    placed = Placed(bad=list(reading.bad))
    missing: dict[str, str] = {}
    tier_of = _resolver(tiers, choices)
    for guest in reading.guests:
        tier = tier_of(guest.tier)
        issue = None if tier else _problem(guest.tier, choices)
        if issue is not None:
            placed.bad.append(Issue(issue.text, issue.values, guest.line))
            continue
        if tier is None:
            missing.setdefault(fold(guest.tier), guest.tier)
        placed.rows.append((tier, guest))
    placed.missing = list(missing.values())
    return placed


def tier_table(reading: Reading, tiers: Sequence[Tier], choices: TierChoices) -> list[FileTier]:
    """List the tiers that the file names, the commonest first, and where each goes."""
    names: dict[str, str] = {}
    count: Counter[str] = Counter()
    for guest in reading.guests:
        count[fold(guest.tier)] += 1
        names.setdefault(fold(guest.tier), guest.tier)
    listed = []
    tier_of = _resolver(tiers, choices)
    for name, rows in count.most_common():
        tier = tier_of(names[name])
        listed.append(FileTier(names[name], rows, tier.id if tier else None))
    return listed


def _resolver(tiers: Sequence[Tier], choices: TierChoices) -> Callable[[str], Tier | None]:
    by_id = {tier.id: tier for tier in tiers}
    by_name = {fold(tier.name): tier for tier in reversed(tiers)}
    for name, tier_id in choices.tiers.items():
        if tier_id in by_id:
            by_name[fold(name)] = by_id[tier_id]
    only = tiers[0] if len(tiers) == 1 else None
    unnamed = by_id.get(choices.tier_id) if choices.tier_id else only

    @cache
    def resolve(name: str) -> Tier | None:
        return by_name.get(fold(name)) if name else unnamed

    return resolve


def _problem(name: str, choices: TierChoices) -> Issue | None:
    if not name:
        return Issue(N_("names no tier; choose one for such rows"))
    if len(name) > MAX_TEXT:
        return Issue(N_("holds a text longer than %(most)d characters"), {"most": MAX_TEXT})
    if not choices.create_tiers:
        return Issue(N_("there is no tier called “%(name)s”"), {"name": name})
    return None
