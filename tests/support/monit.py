"""Monit, Debian's binary, as a real sender: a program's exit status and a file's presence, both set by the test."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from shared.integrations.monit import SCRIPT
from tests.support.checked import Checked, script_call
from tests.support.program import Program, path_of

_CONTROL = """\
set daemon 1
set logfile {home}/monit.log
set pidfile {home}/monit.pid
set idfile {home}/monit.id
set statefile {home}/monit.state

check program backup with path "{check}"
    if status != 0 then exec "{script} STATE=failed TEST=status"
        else if succeeded then exec "{script} STATE=succeeded TEST=status"

check file certificate with path {file}
    if does not exist then exec "{script} STATE=failed TEST=exists"
        else if succeeded then exec "{script} STATE=succeeded TEST=exists"
    if size > 1 kB then exec "{script} STATE=failed TEST=size"
        else if succeeded then exec "{script} STATE=succeeded TEST=size"
"""


class Monit:
    """Use as an async context manager; it checks every second and posts to `url`."""

    def __init__(self, url: str, home: Path) -> None:
        self._url = url
        self._home = home
        self.checks = Checked(home / "checks")
        self.checks.set("backup", 0, "backup of yesterday is complete")
        self.file = home / "certificate.pem"
        self.file.write_text("certificate")
        self._program = Program(home / "monit-printed.log")

    async def __aenter__(self) -> Self:
        script = " ".join(script_call(SCRIPT, self._url, self._home))
        control = self._home / "monitrc"
        control.write_text(
            _CONTROL.format(
                home=self._home, check=self.checks.command("backup"), file=self.file, script=script
            )
        )
        # Monit takes no control file that others can read.
        control.chmod(0o600)
        self._program.start(path_of("monit", "monit"), "-I", "-c", str(control))
        await self._program.is_up(lambda: "started" in self._logged())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._program.stop()

    def _logged(self) -> str:
        log = self._home / "monit.log"
        return log.read_text(errors="replace") if log.exists() else ""
