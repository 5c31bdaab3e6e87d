"""Writes the senders' scripts beside this file, from the texts that the integration types quote."""

from __future__ import annotations

from pathlib import Path

from shared.integrations import checkmk, icinga2, monit, nagios
from shared.integrations.sender_script import SenderScript

ROOT = Path(__file__).parents[2]
SCRIPTS: tuple[SenderScript, ...] = (checkmk.SCRIPT, icinga2.SCRIPT, monit.SCRIPT, nagios.SCRIPT)


def main() -> None:
    """Write every script, executable."""
    for script in SCRIPTS:
        file = ROOT / script.path
        file.parent.mkdir(exist_ok=True)
        file.write_text(script.text)
        file.chmod(0o755)


if __name__ == "__main__":
    main()
