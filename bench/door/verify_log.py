"""Lines per second of `handstamp verify-log`: facts read, chained and their signatures checked.

Two files of one device, written beforehand: one of 20,000 facts with one signed head, as a phone
leaves behind that was without a signal all night; one of 5,000 facts with a signed head behind
each, as when every scan was handed in by itself. Each is read from disk line by line by what the
command runs, in one thread, with the server's key given. Lines are all lines of the file; the
best of three rounds counts. Memory is what Python holds more at the end of the large file than at
its first hundredth.
"""

import asyncio
import tempfile
import time
import tracemalloc
from pathlib import Path

from bench.figure import Figure
from tests.factories.logs import LogMaker

from handstamp.checkin.log_file import MOST_LINE
from handstamp.checkin.verify_log import LogReport, LogVerifier, lines_of, verify_log

FACTS = 20_000
SIGNED_FACTS = 5_000
ROUNDS = 3


async def measure() -> dict[str, Figure]:
    """Measure."""
    return await asyncio.to_thread(_measure)


def _measure() -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as folder:
        night, online = Path(folder, "night.jsonl"), Path(folder, "online.jsonl")
        maker = LogMaker().add(FACTS)
        night.write_bytes(b"".join(maker.file()))
        short = LogMaker().add(SIGNED_FACTS)
        online.write_bytes(b"".join(short.file(heads=range(1, SIGNED_FACTS + 1))))
        return {
            "verify-log, one signature": _rate(night, maker.server_key),
            "verify-log, a signature for each fact": _rate(online, maker.server_key),
            "verify-log, memory added by 20,000 facts": _memory(night, maker.server_key),
        }


def _rate(path: Path, key: bytes) -> Figure:
    best = 0.0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with path.open("rb") as file:
            report: LogReport = verify_log(lines_of(file.readline), key)
        seconds = time.perf_counter() - start
        assert report.fault is None, report.fault
        best = max(best, report.lines / seconds)
    return Figure(best, "lines/s")


def _memory(path: Path, key: bytes) -> Figure:
    verifier = LogVerifier(key)
    tracemalloc.start()
    early = 0
    with path.open("rb") as file:
        while line := file.readline(MOST_LINE):
            assert verifier.feed(line)
            if verifier.report.facts == FACTS // 100:
                early = tracemalloc.get_traced_memory()[0]
    late = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert verifier.finish().fault is None
    return Figure(max(0, late - early) / 1024, "kB", "< 64")
