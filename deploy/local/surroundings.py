"""What the processes of `make run` are told: ports, addresses, keys, and where mails and posts go."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.local import ports
from deploy.local.keeper import Job
from deploy.local.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
_USUAL_PORTS = {"api": 8080, "receiver": 8081, "catcher": 8025, "catcher_smtp": 8026, "receiver_smtp": 8027}
_FIRST_OTHER_PORT = 8090


def service_names() -> list[str]:
    """Every service that can be started, by its folder."""
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))


def kept_secret(file: Path, make: Callable[[], str]) -> str:
    """The secret in this file, made on the first use; only its owner may read it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(make())
    return file.read_text().strip()


class Surroundings:
    """Chooses ports (the same as last time where they are free) and builds each process's environment."""

    def __init__(self, base: Path, servers: Servers, outside: Mapping[str, str]) -> None:
        self.base = base
        self.outside = outside
        self.moved: list[str] = []
        self.ports = self._choose_ports()
        self.api_url = f"http://127.0.0.1:{self.ports['api']}"
        self.ingest_url = f"http://127.0.0.1:{self.ports['receiver']}"
        self.catcher_url = f"http://127.0.0.1:{self.ports['catcher']}"
        self.catches_mail = not outside.get("TOCSIN_SMTP_HOST")
        self.catches_slack = not outside.get("TOCSIN_SLACK_BOT_TOKEN")
        self.shared = self._shared_environment(servers)

    def jobs(self) -> list[Job]:
        """Every service, and the catcher when something has to be caught."""
        jobs = [self._service(name) for name in service_names()]
        return [*jobs, self._catcher()] if self.catches_mail or self.catches_slack else jobs

    def _service(self, name: str) -> Job:
        port = self.ports[name]
        own = {"TOCSIN_PORT": str(port), "TOCSIN_DATA_DIR": str(self.base / "data" / name)}
        if name == "receiver":
            own["TOCSIN_INBOUND_SMTP_PORT"] = str(self.ports["receiver_smtp"])
        return Job(name, [sys.executable, "-m", f"services.{name}"], {**self.shared, **own}, port)

    def _catcher(self) -> Job:
        port = self.ports["catcher"]
        command = [sys.executable, "-m", "deploy.local.catcher", "--http-port", str(port)]
        command += ["--smtp-port", str(self.ports["catcher_smtp"])]
        command += ["--callback-url", f"{self.api_url}/slack/interactive_api_endpoint/"]
        command += ["--signing-secret", self.shared["TOCSIN_SLACK_SIGNING_SECRET"]]
        return Job("catcher", command, self.shared, port)

    def _choose_ports(self) -> dict[str, int]:
        file = self.base / "run" / "service-ports.json"
        others = [name for name in service_names() if name not in _USUAL_PORTS]
        usual = _USUAL_PORTS | {name: _FIRST_OTHER_PORT + number for number, name in enumerate(others)}
        remembered: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        chosen: dict[str, int] = {}
        for name, port in usual.items():
            wanted = remembered.get(name, port)
            taken = wanted in chosen.values() or not ports.is_free(wanted)
            chosen[name] = ports.free_port() if taken else wanted
            if taken:
                self.moved.append(f"port {wanted} is taken, so {name} listens on {chosen[name]}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(chosen))
        return chosen

    def _shared_environment(self, servers: Servers) -> dict[str, str]:
        """The caller's environment, completed; whatever the caller says wins, except addresses."""
        usual = {
            "TOCSIN_ENV": "development",
            "TOCSIN_LOG_FORMAT": "console",
            "TOCSIN_LOG_LEVEL": "info",
            "TOCSIN_ALLOW_PRIVATE_ADDRESSES": "true",  # the demo's webhook goes to the catcher
            "TOCSIN_SECRET_KEY": kept_secret(self.base / "secret.key", _new_key),
            "TOCSIN_SLACK_SIGNING_SECRET": "local",
            "TOCSIN_INBOUND_EMAIL_DOMAIN": "tocsin.localhost",
        }
        fixed = {
            "TOCSIN_AMQP_URL": servers.amqp_url,
            "TOCSIN_MONGO_URL": servers.mongo_url,
            "TOCSIN_PUBLIC_URL": self.api_url,
            "TOCSIN_INGEST_URL": self.ingest_url,
            "PYTHONUNBUFFERED": "1",
        }
        if self.catches_mail:
            fixed |= {"TOCSIN_SMTP_HOST": "127.0.0.1", "TOCSIN_SMTP_PORT": str(self.ports["catcher_smtp"])}
        if self.catches_slack:
            fixed |= {
                "TOCSIN_SLACK_API_URL": f"{self.catcher_url}/slack/api/",
                "TOCSIN_SLACK_BOT_TOKEN": "xoxb-local",
                "TOCSIN_SLACK_DEFAULT_CHANNEL": self.outside.get("TOCSIN_SLACK_DEFAULT_CHANNEL", "#alerts"),
            }
        return {**usual, **self.outside, **fixed}


def _new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
