"""Real RabbitMQ and MongoDB for tests: one pair for everybody who tests at the moment.

The pair lives in `.tocsin/test`, is started by whoever needs it first and stopped when the last test
session that used it ends. `make servers` starts a pair that stays until `make clean`.
Every test gets a virtual host and a database of its own, so tests never see each other.
Their files are kept in memory where there is room for them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from deploy.local.servers import LocalServers, Servers, ensure_servers

BASE = Path(__file__).resolve().parents[2] / ".tocsin" / "test"
_USERS = BASE / "users"
_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3  # bytes; a pair takes below 1 GB, and a run has up to three pairs


def join(session: int) -> Servers:
    """The shared pair, started if need be, and kept alive for this test session (its process id)."""
    with _locked():
        _USERS.mkdir(exist_ok=True)
        (_USERS / str(session)).touch()
        keep_in_memory(BASE)
        servers, _ = ensure_servers(BASE)
    if servers.management_url is None:
        host = urlsplit(servers.amqp_url).hostname
        servers = Servers(servers.amqp_url, servers.mongo_url, f"http://guest:guest@{host}:15672", False)
    return servers


def keep_in_memory(base: Path) -> None:
    """Have the pair that will start under `base` keep its files in memory, if there is room.

    They sync every write and make some fifty files for each test; a disk takes most of a test's time for that.
    SIGKILL leaves files in memory as it leaves them on a disk, so killed servers come back with their data.
    """
    has_room = _has_room()
    for name in ("mongo", "rabbit"):
        home = base.resolve() / name
        if not has_room or home.is_symlink() or home.exists():
            continue
        place = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        home.symlink_to(
            _MEMORY / f"tocsin-test-{name}-{place}"
        )  # made with the start, deleted with `destroy`


def folder_in_memory() -> Path | None:
    """A folder for what tests and the services in them write, in memory; None when there is no room.

    Services sync the configuration and the spool; a disk takes ten milliseconds for each time. Its name is short,
    because the path of a socket has at most 107 characters.
    """
    if not _has_room():
        return None
    folder = _MEMORY / f"tocsin-{os.getuid()}"
    folder.mkdir(mode=0o755, exist_ok=True)
    return folder


def _has_room() -> bool:
    if not _MEMORY.is_dir():
        return False
    return min(shutil.disk_usage(_MEMORY).free, psutil.virtual_memory().available) >= _ROOM


def leave(session: int) -> None:
    """The test session has ended: stop the pair if nobody else uses it and it is not to be kept."""
    mine = _USERS / str(session)
    if not mine.exists():
        return
    with _locked():
        mine.unlink(missing_ok=True)
        others = [user for user in _USERS.iterdir() if _is_alive(user)]
        if not others and not (BASE / "keep").exists() and os.environ.get("TOCSIN_TEST_SERVERS") != "keep":
            LocalServers(BASE).destroy()


def with_database(mongo_url: str, name: str) -> str:
    """The same server's URL with another database as its path."""
    return urlsplit(mongo_url)._replace(path=f"/{name}").geturl()


def fresh_name() -> str:
    """A database name that no other test uses."""
    return f"test_{uuid.uuid4().hex[:12]}"


@contextmanager
def _locked() -> Iterator[None]:
    BASE.mkdir(parents=True, exist_ok=True)
    with (BASE / "users.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_alive(user: Path) -> bool:
    if psutil.pid_exists(int(user.name)):
        return True
    user.unlink(missing_ok=True)  # its session was killed
    return False
