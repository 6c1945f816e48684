"""The part of a list's form that says how often a ticket may enter, and what its door watches."""

from typing import Any

from wtforms import SelectField, StringField, TextAreaField

from handstamp.events.entry_rules import (
    DAY_START,
    LONGEST_UNDO_S,
    MOST_PER_DAY,
    UNDO_S,
    EntryRules,
    entry_problem,
)
from handstamp.plumbing.form_fields import PageForm
from handstamp.plumbing.texts import _
from handstamp.portal.forms import WholeNumberField

_MINUTE_S = 60


class EntryForm(PageForm):
    """How often, how many inside, how long a decision may be taken back, which gates."""

    entry = SelectField(choices=["single", "reentry", "per_day"])
    per_day = WholeNumberField(least=1, most=MOST_PER_DAY)
    day_start = StringField()
    capacity = WholeNumberField(least=1)
    undo_minutes = WholeNumberField(most=LONGEST_UNDO_S // _MINUTE_S)
    gates = TextAreaField()

    def rules(self, kept: EntryRules) -> EntryRules:
        """Return the rules as typed; call it after `validate`. `kept`: those shown before."""
        undo = self.undo_minutes.data
        undo_s = UNDO_S if undo is None else undo * _MINUTE_S
        if undo == kept.undo_s // _MINUTE_S:
            undo_s = kept.undo_s  # seconds that the API set are not lost
        typed = (self.gates.data or "").splitlines()
        return EntryRules(
            mode=self.entry.data,
            per_day=self.per_day.data or 1,
            day_start=(self.day_start.data or "").strip() or DAY_START,
            capacity=self.capacity.data,
            undo_s=undo_s,
            gates=tuple(gate.strip() for gate in typed if gate.strip()),
        )

    def right(self, kept: EntryRules) -> bool:
        """Tell whether the rules can be; what is wrong stands at its field."""
        field, problem = entry_problem(self.rules(kept))
        if problem:
            self["undo_minutes" if field == "undo_s" else field].errors = [_(problem)]
        return not problem


def shown(entry: EntryRules) -> dict[str, Any]:
    """Return what the form shows of stored rules."""
    return {
        "entry": entry.mode,
        "per_day": entry.per_day,
        "day_start": entry.day_start,
        "capacity": entry.capacity,
        "undo_minutes": entry.undo_s // _MINUTE_S,
        "gates": "\n".join(entry.gates),
    }


def modes() -> list[tuple[str, str, str]]:
    """Name the ways of entering: value, name, what it means."""
    return [
        ("single", _("Once"), _("The first scan admits, every later one is refused.")),
        (
            "reentry",
            _("Out and in again"),
            _("A scan at the exit lets the guest come back. Two cannot be inside on one ticket."),
        ),
        (
            "per_day",
            _("So many times a day"),
            _("For festivals and passes that last several days."),
        ),
    ]
