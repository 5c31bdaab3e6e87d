"""A PostgreSQL of a test's own, from Debian's binaries: without durability, on a free port, gone afterwards."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from deploy.local.ports import free_port
from tests.support.program import Program

DATABASE = "postgres"
USER = "tester"
# It does not run as root, and then needs a folder that its user can reach.
_OTHER_USER = "postgres" if os.geteuid() == 0 else None


class Postgres:
    """Use as an async context manager; then it listens on `port` of 127.0.0.1 and trusts everybody there."""

    def __init__(self) -> None:
        self.port = free_port()

    async def __aenter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
        if _OTHER_USER is not None:
            shutil.chown(self._home, _OTHER_USER, _OTHER_USER)
        self._program = Program(self._home / "postgres.log")
        data = str(self._home / "data")
        await asyncio.to_thread(
            self._run, "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "-N"
        )
        settings = (
            "fsync=off",
            "full_page_writes=off",
            "unix_socket_directories=",
            "listen_addresses=127.0.0.1",
        )
        self._program.start(
            _binary("postgres"),
            *("-D", data, "-p", str(self.port)),
            *(word for setting in settings for word in ("-c", setting)),
            user=_OTHER_USER,
        )
        await self._program.is_up(lambda: "ready to accept connections" in self._program.printed())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._program.stop()
        shutil.rmtree(self._home)

    async def execute(self, sql: str) -> str:
        """Run statements, all or none of them, and return what they select, without headers.

        Raises:
            AssertionError: one of them failed.
        """
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", DATABASE)
        options = ("-X", "-q", "-t", "-A", "-1", "-v", "ON_ERROR_STOP=1")
        return await asyncio.to_thread(self._run, "psql", *where, *options, sql=sql)

    def _run(self, command: str, *arguments: str, sql: str = "") -> str:
        done = subprocess.run(
            [_binary(command), *arguments],
            input=sql.encode(),
            capture_output=True,
            cwd=self._home,
            user=_OTHER_USER,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr.decode()[-2000:]}"
        return done.stdout.decode().strip()


def _binary(name: str) -> str:
    """Return the newest; Debian has them beside the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    assert found, f"{name} is missing: install postgresql (`make system-senders`)"
    return str(found[-1])
