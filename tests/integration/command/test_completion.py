"""Shells complete subcommands, options and the names of contexts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import tocsin

pytestmark = pytest.mark.integration
# What bash does at a tab, with the command's words; prints what it would offer.
ASK = """
eval "$(tocsin completion bash)"
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_tocsin_completion tocsin
printf '%s\\n' "${COMPREPLY[@]}"
"""


async def offered(tmp_path: Path, *words: str) -> list[str]:
    """Return what bash offers behind these words; the last may be the beginning of one."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        *("bash", "--norc", "-c", ASK, "bash", *words),
        env={"PATH": path, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode().split()


async def test_bash_completes_subcommands_options_and_contexts(tmp_path: Path):
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    await tocsin("context", "add", "production", "--url", "https://x.example.org", given="t\n", more=home)

    assert await offered(tmp_path, "tocsin", "gro") == ["groups"]
    assert {"ack", "unack", "silence"} <= set(await offered(tmp_path, "tocsin", "groups", ""))
    assert "--state" in await offered(tmp_path, "tocsin", "groups", "list", "--st")
    assert await offered(tmp_path, "tocsin", "context", "use", "pro") == ["production"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
async def test_other_shells_get_a_script_of_their_own(shell: str):
    done = await tocsin("completion", shell)

    assert done.code == 0, done
    assert f"_TOCSIN_COMPLETE=complete_{shell}" in done.out
