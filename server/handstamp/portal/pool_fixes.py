"""Mistyped names of an uploaded file with what they may mean, and what a person decided on them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from starlette.datastructures import FormData

from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.local_time import day
from handstamp.plumbing.texts import _
from handstamp.pool.check_upload import UploadReport
from handstamp.pool.place_rows import LEAVE_OUT, Fixes, KnownEvent, Unknown

SHOWN_AT_ONCE = 50
MOST_CHOICES = 100
OUT = "-"

_Text = Annotated[str, Field(max_length=400)]
_Asked = TypeAdapter(Annotated[list[tuple[_Text, _Text]], Field(max_length=900)])


@dataclass(frozen=True)
class Decision:
    """A typed name of an event, or of a variant of `event_id`, and the id it stands for.

    `target` is '' where its rows are left out.
    """

    event_id: str
    typed: str
    target: str


@dataclass(frozen=True)
class NameToFix:
    """A typed name, and the (id, name) of what it may be: the likely ones and some others.

    `event` is '' for names of events. `chosen`: an id, `-` to leave its rows out, '' undecided;
    `decided` tells whether a person has chosen it. `rows` and `line` are 0 once it is decided.
    """

    event_id: str
    event: str
    typed: str
    chosen: str
    decided: bool
    likely: Sequence[tuple[str, str]]
    others: Sequence[tuple[str, str]]
    rows: int = 0
    line: int = 0
    several: bool = False


@dataclass(frozen=True)
class Corrections:
    """The names to show, the undecided first; `hidden` wait until some of these are decided."""

    names: Sequence[NameToFix]
    hidden: int

    @property
    def asked(self) -> str:
        """Return which names the form's choices are for, in their order."""
        return json.dumps([[one.event_id, one.typed] for one in self.names])


def read_decisions(data: FormData) -> list[Decision]:
    """Read what a form says about names.

    Raises:
        BadInput: the form is none of ours.
    """
    try:
        asked = _Asked.validate_json(str(data.get("asked") or "[]"))
    except ValidationError as error:
        raise BadInput(_("The corrections were lost on the way. Choose the file again.")) from error
    found = []
    for number, (event_id, typed) in enumerate(asked):
        chosen = str(data.get(f"fix-{number}", ""))[:100]
        if chosen:
            found.append(Decision(event_id, typed, LEAVE_OUT if chosen == OUT else chosen))
    return found


def fixes_of(decisions: Iterable[Decision]) -> Fixes:
    """Return decisions as the check and the commit take them."""
    events: dict[str, str] = {}
    variants: dict[str, dict[str, str]] = {}
    for one in decisions:
        if one.event_id:
            variants.setdefault(one.event_id, {})[one.typed] = one.target
        else:
            events[one.typed] = one.target
    return Fixes(events, variants)


def corrections(report: UploadReport, decisions: Sequence[Decision]) -> Corrections:
    """Return the names of a report that need a decision, and those that have one."""
    events, variants = report.unknown_events, report.unknown_variants
    shown = [*events[:SHOWN_AT_ONCE], *variants[:SHOWN_AT_ONCE]]
    open_names = [_undecided(one, report.events) for one in shown]
    known = {(one.event_id, one.typed) for one in open_names}
    done = [
        _decided(one, report.events)
        for one in decisions
        if (one.event_id, one.typed) not in known
        and (not one.event_id or one.event_id in report.events)
    ]
    done.sort(key=lambda one: bool(one.event_id))
    count = report.unknown_events_count + report.unknown_variants_count
    return Corrections([*open_names, *done], count - len(open_names))


def _undecided(one: Unknown, events: Mapping[str, KnownEvent]) -> NameToFix:
    names = _choices(one.event_id, events)
    likely = [(key, names[key]) for key in one.suggestions if key in names]
    sure = bool(likely) and not one.several
    return NameToFix(
        event_id=one.event_id,
        event=events[one.event_id].title if one.event_id else "",
        typed=one.typed,
        chosen=likely[0][0] if sure else "",
        decided=False,
        likely=likely,
        others=_others(names, one.suggestions),
        rows=one.rows,
        line=one.line,
        several=one.several,
    )


def _decided(one: Decision, events: Mapping[str, KnownEvent]) -> NameToFix:
    names = _choices(one.event_id, events)
    likely = [(one.target, names[one.target])] if one.target in names else []
    return NameToFix(
        event_id=one.event_id,
        event=events[one.event_id].title if one.event_id else "",
        typed=one.typed,
        chosen=one.target or OUT,
        decided=True,
        likely=likely,
        others=_others(names, [one.target]),
    )


def _choices(event_id: str, events: Mapping[str, KnownEvent]) -> dict[str, str]:
    if event_id:
        return {tier.id: tier.name for tier in events[event_id].tiers}
    return {
        event.id: f"{event.title} · {day(event.start_at, event.time_zone)}"
        for event in events.values()
    }


def _others(names: Mapping[str, str], not_these: Sequence[str]) -> list[tuple[str, str]]:
    return [pair for pair in names.items() if pair[0] not in not_these][:MOST_CHOICES]
