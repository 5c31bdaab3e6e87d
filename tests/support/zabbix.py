"""Zabbix server, Debian's binary with a PostgreSQL of its own, as a real sender: its webhook is that of the notes."""

from __future__ import annotations

import asyncio
import gzip
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from deploy.local.ports import free_port
from shared.integrations.zabbix import NOTES
from tests.support.postgres import DATABASE, USER, Postgres
from tests.support.program import Program, path_of

_SCHEMA = Path("/usr/share/zabbix-server-pgsql/schema.sql.gz")
_CONFIGURATION = """\
ListenIP=127.0.0.1
ListenPort={port}
LogType=console
PidFile={home}/zabbix.pid
SocketDir={sockets}
AllowRoot=1
DBHost=127.0.0.1
DBPort={db_port}
DBName={db_name}
DBUser={db_user}
CacheUpdateFrequency=5
HousekeepingFrequency=0
StartPollers=1
StartPreprocessors=1
StartPingers=0
StartDiscoverers=0
StartHTTPPollers=0
StartTrappers=1
StartDBSyncers=1
StartTimers=1
StartAlerters=1
StartEscalators=1
StartLLDProcessors=1
"""
# What the web page writes when somebody acknowledges with a message.
_ACKNOWLEDGED = """
INSERT INTO acknowledges (acknowledgeid, userid, eventid, clock, message, action)
SELECT 1, 2, eventid, extract(epoch FROM now())::int, 'I look at it', 6 FROM problem WHERE r_eventid IS NULL;
UPDATE problem SET acknowledged = 1;
UPDATE events SET acknowledged = 1;
INSERT INTO task (taskid, type, status, clock, ttl) VALUES (1, 4, 1, extract(epoch FROM now())::int, 0);
INSERT INTO task_acknowledge (taskid, acknowledgeid) VALUES (1, 1);
"""


class Zabbix:
    """Use as an async context manager; `db1` has the item `disk.used` and a trigger above 90; it posts to `url`."""

    def __init__(self, url: str, home: Path) -> None:
        self._url = url
        self._home = home
        self._port = free_port()
        self._postgres = Postgres()
        home.mkdir(parents=True, exist_ok=True)
        # The path of a socket has at most 107 characters, and `home` may be long.
        self._sockets = tempfile.mkdtemp(prefix="tocsin-zabbix-")
        self._program = Program(home / "zabbix.log")

    async def __aenter__(self) -> Self:
        await self._postgres.__aenter__()
        try:
            await self._start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _start(self) -> None:
        server = path_of("zabbix_server", "zabbix-server-pgsql")
        await self._postgres.execute(gzip.decompress(_SCHEMA.read_bytes()).decode())
        await self._postgres.execute(
            Path(__file__).with_name("zabbix.sql").read_text() + media_type(self._url)
        )
        where = {"db_port": self._postgres.port, "db_name": DATABASE, "db_user": USER}
        file = self._home / "zabbix_server.conf"
        file.write_text(
            _CONFIGURATION.format(home=self._home, sockets=self._sockets, port=self._port, **where)
        )
        self._program.start(server, "-f", "-c", str(file))
        await self._program.is_up(
            lambda: "server #0 started" in self._program.log.read_text(errors="replace")
        )

    async def __aexit__(self, *_: object) -> None:
        await self._program.stop()
        await self._postgres.__aexit__()
        shutil.rmtree(self._sockets)

    async def send(self, value: int) -> None:
        """Send a value of the item with zabbix_sender, until the server has read its configuration and takes it."""
        sender = path_of("zabbix_sender", "zabbix-sender")
        where = ("-z", "127.0.0.1", "-p", str(self._port), "-s", "db1", "-k", "disk.used")
        async with asyncio.timeout(60):
            while True:
                done = await asyncio.create_subprocess_exec(
                    sender, *where, "-o", str(value), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
                )
                printed, _ = await done.communicate()
                if b"processed: 1; failed: 0" in printed:
                    return
                await asyncio.sleep(0.2)

    async def acknowledge(self) -> None:
        """Acknowledge the open problem as Bob, as the web page does it."""
        await self._postgres.execute(_ACKNOWLEDGED)


def media_type(url: str) -> str:
    """Return the SQL that gives the media type the script and the parameters that stand in the notes."""
    script = NOTES.partition("```js\n")[2].partition("```")[0]
    parameters: dict[str, str] = {}
    for names, values in re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", NOTES, re.MULTILINE):
        found = re.findall(r"`([^`]+)`", values)
        parameters |= dict(zip(re.findall(r"`([^`]+)`", names), found, strict=False))
    assert script
    assert len(parameters) > 10, parameters
    parameters["url"] = url
    rows = [
        f"({number}, 1, $sql${name}$sql$, $sql${value}$sql$)"
        for number, (name, value) in enumerate(parameters.items(), 1)
    ]
    return (
        f"UPDATE media_type SET script = $sql${script}$sql$;\n"
        "INSERT INTO media_type_param (mediatype_paramid, mediatypeid, name, value) VALUES\n"
        f"{', '.join(rows)};\n"
    )
