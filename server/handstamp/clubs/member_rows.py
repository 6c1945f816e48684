"""People read out of a table of e-mails: good rows, and every bad one by its line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from handstamp.auth.rules import clean_email
from handstamp.tickets.guest_columns import guess
from handstamp.tickets.guest_rows import N_, Issue, Row, Table, clean

MOST_PEOPLE = 5_000
LONGEST_NAME = 200


@dataclass(frozen=True)
class Person:
    """Somebody to invite."""

    email: str
    name: str = ""


@dataclass
class People:
    """Who stands in a file, each address once, and what is wrong with other rows."""

    people: list[Person] = field(default_factory=list)
    bad: list[Issue] = field(default_factory=list)


def read_people(table: Table) -> People:
    """Read a table's people; the column of e-mails is found by its name or by what is in it."""
    columns = guess(table.headings, [row.cells for row in table.rows])
    found = People()
    if "email" not in columns:
        found.bad.append(Issue(N_("There is no column of e-mail addresses in this file.")))
        return found
    if len(table.rows) > MOST_PEOPLE:
        text = N_("At most %(most)d people can be invited at once. Split the file.")
        found.bad.append(Issue(text, {"most": MOST_PEOPLE}))
        return found
    seen: set[str] = set()
    for row in table.rows:
        person = _person(row, columns)
        if isinstance(person, Issue):
            found.bad.append(person)
        elif person.email not in seen:
            seen.add(person.email)
            found.people.append(person)
    return found


def _person(row: Row, columns: dict[str, int]) -> Person | Issue:
    text = clean(row.cells, columns["email"])
    name = _name(row.cells, columns)
    if any(letter < " " or letter in "\x7f\ufffd" for letter in text + name):
        return Issue(N_("holds a character that cannot be read"), {}, row.line)
    if len(name) > LONGEST_NAME:
        return Issue(
            N_("holds a text longer than %(most)d characters"), {"most": LONGEST_NAME}, row.line
        )
    if not text:
        return Issue(N_("has no e-mail address"), {}, row.line)
    try:
        return Person(clean_email(text), name)
    except ValueError:
        return Issue(N_("“%(email)s” is not an e-mail address"), {"email": text[:100]}, row.line)


def _name(cells: Sequence[str], columns: dict[str, int]) -> str:
    parts = ["name"] if "name" in columns else ["first_name", "last_name"]
    return " ".join(clean(cells, columns[part]) for part in parts if part in columns).strip()
