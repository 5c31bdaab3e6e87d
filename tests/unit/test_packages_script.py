"""The script that finds or installs Debian packages: what a person without root reads."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "local" / "packages.sh"


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH of a machine that has no apt-get."""
    for name in ("bash", "id", "env"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    return tmp_path


def ask(path: Path, *pairs: str) -> subprocess.CompletedProcess[str]:
    command = [str(path / "bash"), str(SCRIPT), *pairs]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True)


def test_what_is_there_is_not_asked_for(bare_path: Path):
    done = ask(bare_path, "bash=bash", "env=coreutils")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_one_clear_line_names_all_that_is_missing(bare_path: Path):
    done = ask(bare_path, "bash=bash", "no-such-broker=broker-package", "no-such-mailer=mailer-package")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "install broker-package mailer-package" in done.stderr
