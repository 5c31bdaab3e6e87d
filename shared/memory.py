"""Keeps a service small after a burst: freed memory goes back to the system."""

from __future__ import annotations

import ctypes

import structlog

log = structlog.get_logger(__name__)
# Names of glibc's malloc.h; the database driver works in threads, and each thread's arena keeps what it once had.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
ARENAS = 2
BYTES = 128 * 1024


def give_memory_back() -> None:
    """Limit the arenas of glibc's allocator and let it return large blocks at once; elsewhere do nothing."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        log.info("memory.untuned", reason="this C library has no mallopt")
        return
    for option, value in ((M_ARENA_MAX, ARENAS), (M_MMAP_THRESHOLD, BYTES), (M_TRIM_THRESHOLD, BYTES)):
        mallopt(option, value)
