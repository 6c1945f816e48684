"""What a scan log says of a decision, in the reader's language."""

from typing import NamedTuple

from handstamp.checkin.scan_log import ScanRow
from handstamp.plumbing.texts import _
from handstamp.portal import words


class Shown(NamedTuple):
    """A decision's word, and the tone (which is an icon's name too) that it is shown in."""

    label: str
    tone: str


def kinds() -> dict[str, str]:
    """Name the kinds of decisions that are neither green nor refused."""
    return {
        "exit": _("Left"),
        "undo": _("Taken back"),
        "override": _("Let in on purpose"),
        "void": _("Made void"),
    }


def shown(scan: ScanRow) -> Shown:
    """Say what a decision was."""
    return word_of(scan.kind, scan.verdict)


def word_of(kind: str, verdict: str) -> Shown:
    """Say what a decision of a kind was, with its verdict."""
    if kind in kinds():
        return Shown(kinds()[kind], "used" if kind == "override" else "unknown")
    if kind == "deny" and verdict == "valid":
        return Shown(_("Turned away"), "refused")
    label = words.verdicts().get(verdict, verdict)
    if kind == "admit":
        return Shown(label, "valid")
    return Shown(label, "used" if verdict == "already_used" else "refused")
