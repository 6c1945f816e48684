"""What an organizer is told about a device's log, and what to do about it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from handstamp.checkin.find_log_state import LogIssue, LogState
from handstamp.checkin.log_words import fault_words
from handstamp.plumbing.texts import _
from handstamp.portal.spoken import ago


class IssueView(NamedTuple):
    """An issue in words: a short name, what it means, what to do; `tone` is a pill's."""

    tone: str
    name: str
    means: str
    todo: str


def issue_views(state: LogState, now: int) -> list[IssueView]:
    """Put every issue of a device's log into words."""
    return [_WORDS[issue.kind](issue, now) for issue in state.issues]


def _broken(issue: LogIssue, _now: int) -> IssueView:
    assert issue.fault is not None
    return IssueView(
        "refused",
        _("Log broken"),
        fault_words(issue.fault),
        _(
            "The database was changed by hand, or its disk is damaged. Save the log on the phone "
            "itself, compare it with a backup, and ask who could write to the database."
        ),
    )


def _fork(issue: LogIssue, _now: int) -> IssueView:
    return IssueView(
        "refused",
        _("Two logs"),
        _("Behind scan %(number)d this phone's log goes two ways: somewhere there is a copy of it.")
        % {"number": issue.number},
        _(
            "Both are kept and count. The phone pairs anew before its next scan. Look at the "
            "conflicts; if one of the two is not yours, revoke the phone and make what it "
            "scanned void."
        ),
    )


def _gap(issue: LogIssue, _now: int) -> IssueView:
    numbers = {"first": issue.number + 1, "last": issue.until}
    return IssueView(
        "refused",
        _("Scans are missing"),
        _("The phone has signed scans %(first)d to %(last)d, and they are not here.") % numbers,
        _(
            "Open the app on that phone where it has a signal, and leave it open until nothing "
            "waits. If it was wiped, they are lost, and who was let in stands nowhere."
        ),
    )


def _ended(issue: LogIssue, _now: int) -> IssueView:
    return IssueView(
        "used",
        _("Log ended"),
        _(
            "The phone came back with an older log. It ended at %(number)d, later scans may be "
            "missing."
        )
        % {"number": issue.number},
        _(
            "The phone was set back, as from a backup. It pairs anew by itself; what it had "
            "not sent before is lost."
        ),
    )


def _waiting(issue: LogIssue, now: int) -> IssueView:
    numbers = {
        "number": issue.number,
        "count": issue.until,
        "when": ago(now - issue.at) if issue.at else _("never"),
    }
    return IssueView(
        "used",
        _("Scans wait on the phone"),
        _(
            "Last heard %(when)s, with %(count)d waiting. Here its log ended at %(number)d, later "
            "scans may be missing."
        )
        % numbers,
        _("Bring the phone to where it has a signal and open the app; it sends by itself."),
    )


def _silent(issue: LogIssue, now: int) -> IssueView:
    numbers = {"number": issue.number, "when": ago(now - issue.at) if issue.at else _("never")}
    return IssueView(
        "used",
        _("Not heard since"),
        _("Last heard %(when)s. Its log ended at %(number)d, later scans may be missing.")
        % numbers,
        _(
            "Open the app once on that phone where it has a signal. If nothing waits, this goes "
            "away."
        ),
    )


def _refused(issue: LogIssue, now: int) -> IssueView:
    return IssueView(
        "used",
        _("Upload refused"),
        _REFUSED.get(issue.error, _other)() + " " + ago(now - (issue.at or now)),
        _(
            "Nothing of it was stored, and nothing else was harmed. If scans still wait on the "
            "phone, save its log there as a file, for whoever runs the server to hand in; else "
            "somebody tried in its name."
        ),
    )


def _unsigned(issue: LogIssue, _now: int) -> IssueView:
    return IssueView(
        "unknown",
        _("Not signed yet"),
        _("The signature of scan %(number)d is of before signatures were kept.")
        % {"number": issue.number},
        _("It comes by itself when the phone is heard again."),
    )


def _other() -> str:
    return _("A log in this phone's name was refused.")


_REFUSED: Mapping[str, Callable[[], str]] = {
    "malformed_fact": lambda: _("A log in this phone's name could not be read."),
    "broken_chain": lambda: _("A log in this phone's name had a broken chain."),
    "bad_signature": lambda: _("A log in this phone's name was not signed by this phone."),
}
_WORDS: Mapping[str, Callable[[LogIssue, int], IssueView]] = {
    "broken": _broken,
    "fork": _fork,
    "gap": _gap,
    "ended": _ended,
    "waiting": _waiting,
    "silent": _silent,
    "refused": _refused,
    "unsigned": _unsigned,
}
