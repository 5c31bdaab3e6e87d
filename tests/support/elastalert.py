"""ElastAlert 2, from its wheel in a virtual environment of its own, as a real sender: it runs rules of the notes."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Any, Self

import yaml

from tests.support.instance import ROOT
from tests.support.program import Program

WRITEBACK = "elastalert_status"
_INSTALLED = ROOT / ".tocsin" / "cache" / "elastalert2"
_BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
Rule = dict[str, Any]


def rules_of(notes: str, url: str) -> list[Rule]:
    """Return the rules that stand in set-up notes, with the URL in its place."""
    return [yaml.safe_load(re.sub(r"<the [^>]* URL>", url, block)) for block in _BLOCK.findall(notes)]


class ElastAlert:
    """Use as an async context manager; it asks the Elasticsearch at `port` every second."""

    def __init__(self, port: int, home: Path, rules: list[Rule]) -> None:
        self._home = home
        folder = home / "rules"
        folder.mkdir(parents=True)
        for number, rule in enumerate(rules):
            (folder / f"{number}.yaml").write_text(yaml.safe_dump(rule))
        self._configuration = home / "config.yaml"
        self._configuration.write_text(
            yaml.safe_dump(
                {
                    "rules_folder": str(folder),
                    "run_every": {"seconds": 1},
                    "buffer_time": {"minutes": 1},
                    "es_host": "127.0.0.1",
                    "es_port": port,
                    "writeback_index": WRITEBACK,
                }
            )
        )
        self._program = Program(home / "elastalert.log")

    async def __aenter__(self) -> Self:
        assert (_INSTALLED / ".complete").exists(), "ElastAlert 2 is missing: `make system-senders`"
        # As its own documentation says: first the indices, then the process.
        made = await asyncio.create_subprocess_exec(
            *self._command("elastalert.create_index"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        printed, _ = await asyncio.wait_for(made.communicate(), 60)
        assert made.returncode == 0, printed.decode()
        self._program.start(*self._command("elastalert.elastalert"), "--verbose")
        await self._program.is_up(lambda: "Starting up" in self._program.log.read_text(errors="replace"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._program.stop()

    def _command(self, module: str) -> list[str]:
        return [str(_INSTALLED / "bin" / "python"), "-m", module, "--config", str(self._configuration)]
