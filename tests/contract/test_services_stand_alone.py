"""A service needs its own folder and the library, and nothing of any other service."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.surroundings import service_names

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", service_names())
def test_a_service_starts_from_its_own_folder_and_shared_alone(tmp_path: Path, name: str):
    for package in ("shared", f"services/{name}"):
        shutil.copytree(ROOT / package, tmp_path / package)
    shutil.copy(ROOT / "services" / "__init__.py", tmp_path / "services")
    command = [sys.executable, "-m", f"services.{name}", "--check"]

    done = subprocess.run(command, cwd=tmp_path, env={"PATH": "/usr/bin"}, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
