"""What a plain PDF of facts and tables says, in values that cross to the process that draws it."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handstamp.kit.clock import Millis


@dataclass(frozen=True)
class PlainSection:
    """A heading with facts (label, value), a table, a text whose lines are kept, a small note."""

    heading: str
    facts: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    note: str = ""


@dataclass(frozen=True)
class PlainDocument:
    """A4 pages in black on white; `author` stands above the title. Times are milliseconds UTC."""

    language: str
    author: str
    title: str
    lead: str
    sections: tuple[PlainSection, ...]
    made_at: Millis

    def to_json(self) -> dict[str, Any]:
        """Return the document as JSON values."""
        return {"plain": dataclasses.asdict(self)}


def plain_from_json(values: Mapping[str, Any]) -> PlainDocument:
    """Read what `to_json` wrote.

    Raises:
        TypeError, KeyError: it is no such document.
    """
    found = values["plain"]
    return PlainDocument(**{**found, "sections": tuple(map(_section, found["sections"]))})


def _section(values: Mapping[str, Any]) -> PlainSection:
    pairs = tuple((label, value) for label, value in values["facts"])
    rows = tuple(tuple(row) for row in values["rows"])
    return PlainSection(
        **{**values, "facts": pairs, "columns": tuple(values["columns"]), "rows": rows}
    )
