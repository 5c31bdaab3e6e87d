"""Nagios Core, Debian's binary, as a real sender: a host and a service with checks that the test sets."""

from __future__ import annotations

import getpass
import grp
import os
import time
from pathlib import Path
from typing import Self

from shared.integrations.nagios import OBJECTS, SCRIPT
from tests.support.checked import HOST, SERVICE, Checked, script_call
from tests.support.program import Program, path_of

# interval_length=1: all intervals are seconds.
_MAIN = """\
cfg_file={home}/objects.cfg
log_file={home}/nagios.log
lock_file={home}/nagios.pid
status_file={home}/status.dat
object_cache_file={home}/objects.cache
precached_object_file={home}/objects.precache
state_retention_file={home}/retention.dat
temp_file={home}/nagios.tmp
temp_path={home}
check_result_path={home}/results
command_file={home}/nagios.cmd
query_socket={home}/nagios.qh
nagios_user={user}
nagios_group={group}
check_external_commands=1
use_syslog=0
interval_length=1
enable_environment_macros=1
enable_notifications=1
check_for_updates=0
cached_host_check_horizon=0
"""
_OBJECTS = """
define timeperiod {{
    timeperiod_name 24x7
    alias           Always
    sunday          00:00-24:00
    monday          00:00-24:00
    tuesday         00:00-24:00
    wednesday       00:00-24:00
    thursday        00:00-24:00
    friday          00:00-24:00
    saturday        00:00-24:00
}}
define command {{
    command_name check-host
    command_line {check_host}
}}
define command {{
    command_name check-disk
    command_line {check_disk}
}}
define host {{
    host_name               {host}
    alias                   Orders database
    address                 192.0.2.21
    check_command           check-host
    max_check_attempts      1
    check_interval          2
    check_period            24x7
    notification_interval   0
    notification_period     24x7
    contacts                tocsin
}}
define service {{
    host_name               {host}
    service_description     {service}
    check_command           check-disk
    max_check_attempts      1
    check_interval          2
    retry_interval          1
    check_period            24x7
    notification_interval   0
    notification_period     24x7
    contacts                tocsin
}}
"""


class Nagios:
    """Use as an async context manager; its contact is the one of the integration's notes, and posts to `url`."""

    def __init__(self, url: str, home: Path) -> None:
        self._url = url
        self._home = home
        self.checks = Checked(home / "checks")
        self.checks.set("host", 0, "PING OK")
        self.checks.set("disk", 0, "61% used")
        self._program = Program(home / "nagios-printed.log")

    async def __aenter__(self) -> Self:
        (self._home / "results").mkdir()
        call = " ".join(script_call(SCRIPT, self._url, self._home))
        contact = OBJECTS.replace(f"/usr/local/bin/{SCRIPT.file}", call)
        checks = {f"check_{name}": self.checks.command(name) for name in ("host", "disk")}
        own = _OBJECTS.format(host=HOST, service=SERVICE, **checks)
        (self._home / "objects.cfg").write_text(contact + own)
        group = grp.getgrgid(os.getgid()).gr_name
        main = _MAIN.format(home=self._home, user=getpass.getuser(), group=group)
        (self._home / "nagios.cfg").write_text(main)
        self._program.start(path_of("nagios4", "nagios4-core"), str(self._home / "nagios.cfg"))
        await self._program.is_up((self._home / "nagios.cmd").exists)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._program.stop()

    def tell(self, command: str) -> None:
        """Write an external command (`NAME;argument;...`), as the web pages do."""
        with (self._home / "nagios.cmd").open("w") as pipe:
            pipe.write(f"[{time.time():.0f}] {command}\n")
