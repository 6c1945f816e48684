"""What an organizer does next on the way to an open door; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handstamp.events.models import Event
from handstamp.plumbing.texts import _


@dataclass(frozen=True)
class Step:
    """One step: what it is, whether it is done, and the page (below the event's) to do it on."""

    label: str
    hint: str
    done: bool
    tail: str


def next_steps(
    event: Event, tiers: Sequence[Any], lists: Sequence[Any], guests: int, devices: int
) -> list[Step]:
    """Return the steps from an empty event to an open door, in order; none if it is cancelled."""
    if event.status == "cancelled":
        return []
    return [
        Step(
            _("Add a tier"),
            _("A kind of ticket, such as General or VIP."),
            bool(tiers),
            "/tiers",
        ),
        Step(
            _("Make a check-in list"),
            _("Which tiers enter at a door, and when."),
            bool(lists),
            "/lists",
        ),
        Step(
            _("Bring in your guests"),
            _("Import the file of your ticket shop, or sell tickets here."),
            guests > 0,
            "/import",
        ),
        Step(
            _("Pair a phone"),
            _("It scans with no signal once it holds the list."),
            devices > 0,
            "/devices",
        ),
        Step(
            _("Publish"),
            _("Then the public list of events shows it."),
            event.status == "published",
            "",
        ),
    ]
