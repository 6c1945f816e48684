"""Calls that go wrong on demand, before they did anything, half-way, or after."""

from dataclasses import dataclass, field

BEFORE = ("429", "503", "drop_before", "slow")
INSTEAD = ("500",)
AFTER = ("500_after", "timeout", "drop")
KINDS = (*BEFORE, *INSTEAD, *AFTER)


@dataclass
class Fault:
    """How the next `times` calls under a path fail; -1 is until healed."""

    how: str
    path: str = "/v1/"
    method: str = ""
    times: int = 1
    seconds: float = 120.0


@dataclass
class Faults:
    """The faults that wait, in the order they were ordered."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that meets a call, and count it."""
        for fault in self.waiting:
            if path.startswith(fault.path) and fault.method in ("", method):
                if fault.times > 0:
                    fault.times -= 1
                    if not fault.times:
                        self.waiting.remove(fault)
                return fault
        return None
