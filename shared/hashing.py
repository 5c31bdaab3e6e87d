"""Hashing of passwords with argon2id, away from the event loop and only a few at a time: each takes 64 MiB."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
# What an unknown name is compared with, so that its answer takes as long as a known one's.
NOBODY = PasswordHasher().hash("nobody has this password")


class Hashing:
    """Makes and checks hashes."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._places = asyncio.Semaphore(AT_ONCE)

    async def make(self, password: str) -> str:
        """Return the hash to keep."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, hash: str | None, password: str) -> bool:
        """Whether the password is the one of the hash; None takes as long and never fits."""
        async with self._places:
            is_right = await asyncio.to_thread(self._verify, hash or NOBODY, password)
        return is_right and hash is not None

    def is_old(self, hash: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(hash)

    def _verify(self, hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(hash, password)
        except (VerificationError, InvalidHashError):
            return False
