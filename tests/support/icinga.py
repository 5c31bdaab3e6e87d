"""Icinga 2, Debian's binary, as a real sender: a host and a service with checks that the test sets."""

from __future__ import annotations

import getpass
import grp
import json
import os
import time
from pathlib import Path
from typing import Self

from shared.integrations.icinga2 import OBJECTS, SCRIPT
from tests.support.checked import HOST, SERVICE, Checked, script_call
from tests.support.program import Program, path_of

_OBJECTS = """\
const NodeName = "monitoring"
const ZoneName = NodeName
include <itl>
object CheckerComponent "checker" {{ }}
object NotificationComponent "notification" {{ }}
object ExternalCommandListener "command" {{ command_path = "{home}/icinga2.cmd" }}
object CheckCommand "check-host" {{ command = "{check_host}" }}
object CheckCommand "check-disk" {{ command = "{check_disk}" }}
object Host "{host}" {{
  address = "192.0.2.21"
  display_name = "Orders database"
  check_command = "check-host"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}}
object Service "{service}" {{
  host_name = "{host}"
  check_command = "check-disk"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}}
"""
_FOLDERS = {"DataDir": "data", "LogDir": "log", "CacheDir": "cache", "SpoolDir": "spool", "InitRunDir": "run"}


class Icinga:
    """Use as an async context manager; its notifications are those of the integration's notes, and go to `url`."""

    def __init__(self, url: str, home: Path) -> None:
        self._url = url
        self._home = home
        self.checks = Checked(home / "checks")
        self.checks.set("host", 0, "PING OK")
        self.checks.set("disk", 0, "61% used")
        self._program = Program(home / "icinga2.log")

    async def __aenter__(self) -> Self:
        call = ", ".join(json.dumps(one) for one in script_call(SCRIPT, self._url, self._home))
        notifications = OBJECTS.replace(f'"/usr/local/bin/{SCRIPT.file}"', call)
        checks = {f"check_{name}": self.checks.command(name) for name in ("host", "disk")}
        own = _OBJECTS.format(home=self._home, host=HOST, service=SERVICE, **checks)
        (self._home / "icinga2.conf").write_text(own + notifications)
        self._program.start(
            path_of("icinga2", "icinga2-bin"),
            "daemon",
            *(f"-DConfiguration.{name}={value}" for name, value in self._settings().items()),
            *("-c", str(self._home / "icinga2.conf")),
        )
        await self._program.is_up((self._home / "icinga2.cmd").exists)
        return self

    def _settings(self) -> dict[str, str]:
        for name in _FOLDERS.values():
            (self._home / name).mkdir()
        folders = {name: str(self._home / folder) for name, folder in _FOLDERS.items()}
        group = grp.getgrgid(os.getgid()).gr_name
        return folders | {"RunAsUser": getpass.getuser(), "RunAsGroup": group}

    async def __aexit__(self, *_: object) -> None:
        await self._program.stop()

    def tell(self, command: str) -> None:
        """Write an external command (`NAME;argument;...`)."""
        with (self._home / "icinga2.cmd").open("w") as pipe:
            pipe.write(f"[{time.time():.0f}] {command}\n")
