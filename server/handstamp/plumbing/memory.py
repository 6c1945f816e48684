"""Memory that work has left behind, given back; what stays, kept out of the collector's way."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h


def give_back() -> None:
    """Ask the C library to return freed memory; without glibc nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextmanager
def none_collected() -> Iterator[None]:
    """Collect no garbage for as long as modules load: they stay, and each look is in vain."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def freeze_what_stays() -> None:
    """Keep what a server or worker has loaded out of every later garbage collection.

    A full collection looks at every object and stops all work meanwhile: 150 ms for the modules
    of a server, again and again, and nothing of them ever ends. Call it once all is made.
    """
    gc.collect()
    gc.freeze()


def share_arenas(most: int = 2) -> None:
    """Let all threads allocate from a few arenas; by default each keeps freed memory of its own.

    Call it before threads begin. Source: mallopt(3); without glibc nothing happens.
    """
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(_ARENA_MAX, most)
