"""Memory that a large piece of work has left behind, given back to the system."""

import ctypes

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h


def give_back() -> None:
    """Ask the C library to return freed memory; without glibc nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def share_arenas(most: int = 2) -> None:
    """Let all threads allocate from a few arenas; by default each keeps freed memory of its own.

    Call it before threads begin. Source: mallopt(3); without glibc nothing happens.
    """
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(_ARENA_MAX, most)
