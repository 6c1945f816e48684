"""Memory that a large piece of work has left behind, given back to the system."""

import ctypes


def give_back() -> None:
    """Ask the C library to return freed memory; without glibc nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
