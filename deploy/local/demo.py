"""The demo of `make run`: a token, a small configuration applied once, and three lines to paste."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from deploy.local.process import StartFailed
from deploy.local.surroundings import Surroundings, kept_secret
from shared.domain.ingest import alert_id

_CONFIGURATION = Path(__file__).with_name("demo.yaml")
_USUAL_CATCHER = "http://127.0.0.1:8025"
# Who signs in at the console of a demo; somebody else's configuration may not have her.
SIGNS_IN = "alice"
_TOKEN = re.compile(r"\b[0-9a-f]{64}\b")


class Demo:
    """Talks to the running api as its first user."""

    def __init__(self, base: Path, around: Surroundings) -> None:
        self._base = base
        self._api_url = around.api_url
        self._catcher_url = around.catcher_url
        self._environment = around.shared
        self.token = ""
        self.password = ""

    def prepare(self) -> None:
        """Have a token that works and the demo configuration applied; both once per database.

        Raises:
            StartFailed: a command failed; the message holds what it printed.
        """
        file = self._base / "token"
        self.token = kept_secret(file, self._new_token)
        if self._get("/api/v1/integrations/") is None:  # another database than last time
            file.unlink()
            (self._base / "password").unlink(missing_ok=True)
            self.token = kept_secret(file, self._new_token)
        listed = self._get("/api/v1/integrations/")
        if listed is None:
            raise StartFailed(
                f"the api refuses the token that it made; see {self._base / 'logs' / 'api.log'}"
            )
        if not listed["results"]:
            # the demo's webhook goes to the catcher, which may have had to take another port
            text = _CONFIGURATION.read_text().replace(_USUAL_CATCHER, self._catcher_url)
            applied = self._base / "run" / _CONFIGURATION.name
            applied.write_text(text)
            self._command("apply", "-f", str(applied), "--yes")
        users = (self._get("/api/v1/users/") or {"results": []})["results"]
        if any(one["username"] == SIGNS_IN for one in users):
            self.password = kept_secret(self._base / "password", self._new_password)

    def lines(self) -> list[str]:
        """Three commands that answer 2xx: an alert fires, resolves, and its trace."""
        listed = self._get("/api/v1/integrations/") or {"results": []}
        found = [one for one in listed["results"] if one["type"] == "alertmanager"]
        if not found:
            return []
        key = f"demo-{uuid.uuid4().hex[:8]}"
        trace = f"{self._api_url}/api/v1/alerts/{alert_id(found[0]['id'], key)}/trace"
        return [
            _send(found[0]["link"], key, _notification("firing")),
            _send(found[0]["link"], f"{key}-resolved", _notification("resolved")),
            f"curl -sS '{trace}' -H 'Authorization: Bearer {self.token}'",
        ]

    def _new_token(self) -> str:
        printed = self._command("token", "create", "--name", "make run")
        found = _TOKEN.search(printed)
        if found is None:
            raise StartFailed(f"`tocsin token create` printed no token:\n{printed}")
        return found.group()

    def _new_password(self) -> str:
        return self._command("password", "set", SIGNS_IN, "--generate").strip()

    def _command(self, *arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("tocsin")), *arguments]
        environment = {**self._environment, "TOCSIN_API_URL": self._api_url, "TOCSIN_API_TOKEN": self.token}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StartFailed(f"`tocsin {' '.join(arguments)}` failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _get(self, path: str) -> Any:
        """The decoded answer, or None when the token is refused."""
        request = urllib.request.Request(
            self._api_url + path, headers={"Authorization": f"Bearer {self.token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as refusal:
            if refusal.code in (401, 403):
                return None
            raise StartFailed(f"GET {path} answered {refusal.code}: {refusal.read().decode()}") from refusal
        except urllib.error.URLError as error:
            raise StartFailed(f"the api does not answer: {error.reason}") from error


def _send(url: str, key: str, body: dict[str, Any]) -> str:
    headers = f"-H 'Content-Type: application/json' -H 'Idempotency-Key: {key}'"
    return f"curl -sS -X POST '{url}' {headers} -d '{json.dumps(body, separators=(',', ':'))}'"


def _notification(status: str) -> dict[str, Any]:
    """What Alertmanager sends for one alert in one group."""
    labels = {"alertname": "DiskFull", "severity": "critical", "instance": "db1"}
    annotations = {"summary": "Disk of db1 is 97 % full"}
    ends = "2026-01-01T10:05:00Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    alert = {"status": status, "labels": labels, "annotations": annotations, "fingerprint": "d15cf011"}
    alert |= {"startsAt": "2026-01-01T10:00:00Z", "endsAt": ends, "generatorURL": "http://prometheus/graph"}
    return {
        "version": "4",
        "status": status,
        "receiver": "tocsin",
        "groupKey": '{}:{alertname="DiskFull"}',
        "groupLabels": {"alertname": "DiskFull"},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager",
        "truncatedAlerts": 0,
        "alerts": [alert],
    }
