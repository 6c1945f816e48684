"""The inside of a child process: its bounds, and frames on standard input and output.

A frame is 4 bytes of length and the content. An answer is a frame of JSON {"size": bytes, …} and
so many bytes behind it. Imports nothing large: a child that starts for one task starts often.
"""

import json
import os
import resource
import sys
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO

LENGTH = 4
YIELDING = 5  # the door and the pages go first


def begin(
    *, memory: int, seconds: int | None = None, yielding: int = YIELDING
) -> tuple[BinaryIO, BinaryIO]:
    """Bound this process and return where requests come from and where answers go.

    What anything else prints goes to standard error.

    Args:
        memory: bytes of address space at most.
        seconds: of processor time at most; None for a child that lives on.
        yielding: how far it steps back behind the server (`nice`).
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    os.nice(yielding)
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    return sys.stdin.buffer, answers


def read_frame(source: BinaryIO) -> bytes | None:
    """Return the next frame; None when the parent is gone."""
    length = source.read(LENGTH)
    if len(length) < LENGTH:
        return None
    wanted = int.from_bytes(length, "big")
    content = source.read(wanted)
    return content if len(content) == wanted else None


def write_answer(target: BinaryIO, head: Mapping[str, Any], body: bytes = b"") -> None:
    """Write one answer."""
    text = json.dumps({**head, "size": len(body)}).encode()
    target.write(len(text).to_bytes(LENGTH, "big") + text)
    target.write(body)
    target.flush()


def end_with_parent(source: BinaryIO) -> None:
    """From now on end this process at once when its input ends, whatever it is doing.

    Call it once nothing more is to be read.
    """

    def watch() -> None:
        source.read(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
