"""What the fold reads of a fact, and which kinds move somebody."""

from typing import NamedTuple

from handstamp.checkin.rows import Ref
from handstamp.checkin.wire import ADMIT, EXIT, OVERRIDE
from handstamp.kit.clock import Millis

MOVEMENTS = (ADMIT, EXIT, OVERRIDE)


class FoldFact(NamedTuple):
    """What the fold reads of a fact; `time` is the effective time in ms (R18).

    `allowed`, `timely`: what its maker was granted (R56).
    """

    device: int
    number: int
    tag: int
    kind: int
    list_no: int
    rule_rev: int
    epoch: int
    how: int
    scanned: bool
    time: Millis
    proven: bool
    backed: bool
    seen: tuple[Ref, ...]
    target: Ref | None
    allowed: bool = False
    timely: bool = False

    @property
    def ref(self) -> Ref:
        """The fact's identity."""
        return (self.device, self.number, self.tag)


def by_ref(fact: FoldFact) -> Ref:
    """Return what facts are sorted by where time has no say."""
    return (fact.device, fact.number, fact.tag)
