"""Is a log file what the device wrote? Line by line, in constant memory, by itself (R68)."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from handstamp.checkin.log_certificate import certificate_members
from handstamp.checkin.log_file import FORMAT, MOST_LINE, end_message, read_line, unb64
from handstamp.checkin.wire import NO_HASH, decode_fact, fact_hash, head_message, tag_of
from handstamp.kit.signing import verify

MOST_BRANCHES = 1_000
_HEADER = {"log", "event", "device", "certificate", "server_key"}
_FACT = {"number", "tag", "fact"}
_HEAD = {"head", "tag", "signature"}
_END = {"end", "heads", "at", "by", "digest", "signature"}


class LogFault(NamedTuple):
    """The first line (from 1) that is wrong; `code` and `numbers` are worded by `fault_words`."""

    line: int
    code: str
    numbers: dict[str, Any]


@dataclass
class Branch:
    """A line of facts: it leaves the others behind fact `after` and ends with fact `end`."""

    after: int
    end: int


@dataclass
class LogReport:
    """What a file says and whether it holds; `fault` is None when every line is right.

    `certificate`: the members of the device's certificate (R44). `server_key`: the key that the
    certificate was checked against. `at`: when the file was written (ms), by its last line.
    """

    device: int = 0
    event: str = ""
    certificate: dict[str, Any] = field(default_factory=dict)
    server_key: bytes = b""
    lines: int = 0
    facts: int = 0
    heads: int = 0
    last_number: int = 0
    branches: list[Branch] = field(default_factory=list)
    at: int = 0
    by: str = ""
    fault: LogFault | None = None


class _Broken(Exception):
    def __init__(self, code: str, line: int = 0, **numbers: Any) -> None:
        super().__init__(code)
        self.code, self.line, self.numbers = code, line, numbers


@dataclass
class _Tip:
    """A fact that others may follow; of each number only those of its level are held."""

    hash: bytes
    branch: int
    line: int
    signed: bool = False
    followed: bool = False


class LogVerifier:
    """Takes a file line by line; holds no more than the facts of two numbers.

    Args:
        server_key: the 32 bytes that the file's key must be; None takes the file's own word.
    """

    def __init__(self, server_key: bytes | None = None) -> None:
        self.report = LogReport()
        self._pinned = server_key
        self._digest = hashlib.sha256()
        self._device_key = b""
        self._number = 0
        self._before: dict[int, _Tip] = {}
        self._level = {0: _Tip(NO_HASH, 0, 0, signed=True)}
        self._last_tag = -1
        self._done = False

    def feed(self, line: bytes) -> bool:
        """Take the next line with its line feed; False as soon as one was wrong."""
        report = self.report
        if report.fault is not None:
            return False
        report.lines += 1
        try:
            self._take(line)
        except _Broken as broken:
            report.fault = LogFault(broken.line or report.lines, broken.code, broken.numbers)
            return False
        return True

    def finish(self) -> LogReport:
        """Say that the file ends here, and return what there is to say of it."""
        if self.report.fault is None and not self._done:
            self.report.fault = LogFault(self.report.lines + 1, "cut", {"facts": self.report.facts})
        return self.report

    def _take(self, line: bytes) -> None:
        if self._done:
            raise _Broken("after_end")
        members = read_line(line)
        if members is None:
            raise _Broken("not_a_line")
        if self.report.lines == 1:
            self._header(members)
        elif members.keys() == _FACT:
            self._fact(members)
        elif members.keys() == _HEAD:
            self._head(members)
        elif members.keys() == _END:
            self._end(members)
        else:
            raise _Broken("not_a_line")
        self._digest.update(line)

    def _header(self, members: dict[str, Any]) -> None:
        if members.get("log") != FORMAT:
            raise _Broken("newer" if "log" in members else "no_header")
        own = unb64(members.get("server_key"))
        if members.keys() != _HEADER or own is None or len(own) != 32:
            raise _Broken("not_a_line")
        if self._pinned is not None and own != self._pinned:
            raise _Broken("other_server")
        told = certificate_members(own, members["certificate"])
        key = unb64(told.get("key")) if told else None
        if told is None or key is None or len(key) != 32:
            raise _Broken("certificate")
        if told.get("dev") != members["device"] or told.get("evt") != members["event"]:
            raise _Broken("other_pairing")
        report = self.report
        report.device, report.event = told["dev"], told["evt"]
        report.certificate, report.server_key = told, own
        self._device_key = key

    def _fact(self, members: dict[str, Any]) -> None:
        raw, number, tag = unb64(members["fact"]), members["number"], members["tag"]
        if raw is None or type(number) is not int or type(tag) is not int:
            raise _Broken("not_a_line")
        hash_ = fact_hash(raw)
        if tag_of(hash_) != tag:
            raise _Broken("tag", number=number)
        try:
            fact = decode_fact(raw)
        except ValueError:
            raise _Broken("malformed", number=number) from None
        if fact.device != self.report.device:
            raise _Broken("other_device", number=number, device=f"{fact.device:012x}")
        if fact.number != number:
            raise _Broken("misnumbered", number=number, own=fact.number)
        self._place(number, tag)
        parent = self._before.get(tag_of(fact.previous))
        if parent is None or parent.hash != fact.previous:
            raise _Broken("chain", number=number, before=number - 1)
        self._level[tag] = _Tip(hash_, self._branch(parent, number), self.report.lines)
        self.report.facts += 1
        self.report.last_number = number

    def _place(self, number: int, tag: int) -> None:
        """Move on to a fact's number: the next one, or the same one with a greater tag."""
        if number == self._number + 1:
            self._close(self._before)
            self._before, self._level = self._level, {}
            self._number = number
        elif number > self._number:
            raise _Broken("gap", first=self._number + 1, last=number - 1, number=number)
        elif number < self._number or tag <= self._last_tag:
            raise _Broken("order", number=number, before=self._number)
        self._last_tag = tag

    def _branch(self, parent: _Tip, number: int) -> int:
        branches = self.report.branches
        if parent.followed or not branches:
            if len(branches) >= MOST_BRANCHES:
                raise _Broken("branches", number=number)
            branches.append(Branch(number - 1, number))
            branch = len(branches) - 1
        else:
            branch = parent.branch
        parent.followed = True
        branches[branch].end = number
        return branch

    def _close(self, level: dict[int, _Tip]) -> None:
        for tip in level.values():
            if not tip.followed and not tip.signed:
                end = self.report.branches[tip.branch].end
                raise _Broken("unsigned", line=tip.line, number=end)

    def _head(self, members: dict[str, Any]) -> None:
        signature, number, tag = unb64(members["signature"]), members["head"], members["tag"]
        if type(number) is not int or type(tag) is not int:
            raise _Broken("not_a_line")
        tip = self._level.get(tag)
        if number != self._number or not number or tip is None or tip.signed:
            raise _Broken("stray_head", number=number)
        message = head_message(self.report.device, self._number, tip.hash)
        if signature is None or not verify(self._device_key, signature, message):
            raise _Broken("head_signature", number=number)
        tip.signed = True
        self.report.heads += 1

    def _end(self, members: dict[str, Any]) -> None:
        report = self.report
        signature, digest = unb64(members["signature"]), unb64(members["digest"])
        self._close(self._before)
        self._close(self._level)
        counts, at = [members["end"], members["heads"]], members["at"]
        if any(type(one) is not int for one in [*counts, at]) or not 0 <= at < 1 << 53:
            raise _Broken("not_a_line")
        if counts != [report.facts, report.heads]:
            raise _Broken("counts", facts=report.facts, told=counts[0])
        if digest != self._digest.digest():
            raise _Broken("digest")
        keys = {"server": report.server_key, "device": self._device_key}
        key = keys.get(str(members["by"]))
        if key is None or signature is None:
            raise _Broken("not_a_line")
        message = end_message(report.device, report.facts, report.heads, at, digest)
        if not verify(key, signature, message):
            raise _Broken("end_signature")
        report.at, report.by = at, members["by"]
        self._done = True


def verify_log(lines: Iterable[bytes], server_key: bytes | None = None) -> LogReport:
    """Verify a whole file, a line at a time; stops at the first line that is wrong."""
    verifier = LogVerifier(server_key)
    for line in lines:
        if not verifier.feed(line):
            break
    return verifier.finish()


def lines_of(readline: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield a file's lines; one that is too long comes in pieces, which are no lines."""
    while line := readline(MOST_LINE):
        yield line
