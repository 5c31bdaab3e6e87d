"""Check commands whose result the test sets, and where a tool's script finds Tocsin."""

from __future__ import annotations

from pathlib import Path

from shared.integrations.sender_script import SenderScript
from tests.support.instance import ROOT

HOST = "db1"
SERVICE = "disk /var"
_CHECK = """\
#!/bin/sh
# Says what its file says: the exit status in the first line, then the output.
{ read -r status; cat; } <"$1"
exit "$status"
"""


class Checked:
    """A folder with a check command; `command` ends as the file of that name was set, with that output."""

    def __init__(self, home: Path) -> None:
        self._home = home
        home.mkdir(parents=True, exist_ok=True)
        self._program = home / "check.sh"
        self._program.write_text(_CHECK)
        self._program.chmod(0o755)

    def set(self, name: str, status: int, output: str) -> None:
        """Set how the check ends from now on; it never sees half of it."""
        scratch = self._home / f"{name}.new"
        scratch.write_text(f"{status}\n{output}\n")
        scratch.replace(self._home / name)

    def command(self, name: str) -> str:
        """Return the command line of a check."""
        return f"{self._program} {self._home / name}"


def script_call(script: SenderScript, url: str, home: Path) -> list[str]:
    """Return how a tool starts the real script, told of the integration's URL by a file in `home`."""
    conf = home / "tocsin.conf"
    conf.write_text(f'url = "{url}"\n')
    conf.chmod(0o600)
    return [str(ROOT / script.path), "-c", str(conf)]
