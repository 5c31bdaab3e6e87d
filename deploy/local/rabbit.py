"""A RabbitMQ broker of one's own: own node, ports, data and logs under one folder, no root, no service."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

from deploy.local import ports
from deploy.local.process import OwnedProcess, StartFailed, end_marked

_CREDENTIALS = "guest:guest"
_NODE = "tocsin@localhost"
_SETTINGS = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {metrics}
log.console = false
log.file.level = warning
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.absolute = 1GB
"""
PREFERRED_PORTS = {"amqp": 25672, "management": 25680, "metrics": 25681, "distribution": 25682, "epmd": 25683}


class Rabbit:
    """Starts, stops and kills one broker; its data and ports survive a restart."""

    def __init__(self, home: Path, wanted_ports: dict[str, int]) -> None:
        self.home = home.resolve()
        self.ports = wanted_ports
        self._process = OwnedProcess(self.home)
        self._start_log = self.home / "log" / "start.log"

    @property
    def is_running(self) -> bool:
        """Whether our broker process lives (it may still be starting)."""
        return self._process.pid() is not None

    @property
    def pid(self) -> int | None:
        """Process id of the broker, None when it is stopped."""
        return self._process.pid()

    @property
    def management_url(self) -> str:
        """Base URL of the management API and console, with credentials."""
        return f"http://{_CREDENTIALS}@127.0.0.1:{self.ports['management']}"

    def amqp_url(self, vhost: str = "/") -> str:
        """URL of one virtual host."""
        path = "" if vhost == "/" else quote(vhost, safe="")
        return f"amqp://{_CREDENTIALS}@127.0.0.1:{self.ports['amqp']}/{path}"

    def begin_start(self) -> None:
        """Launch the broker if it does not run; `wait_ready` tells when it can be used."""
        if self.is_running:
            return
        self._write_settings()
        server = str(_program_folder() / "rabbitmq-server")
        self._process.spawn([server], self._environment(), self._start_log)

    def wait_ready(self, timeout_s: float = 90) -> None:
        """Wait until AMQP and management answer (5-8 s after a start).

        Raises:
            StartFailed: it ended or was not ready in time.
        """
        self._process.wait_until(self._answers, timeout_s, self._start_log)

    def start(self) -> None:
        """Launch and wait until it is ready."""
        self.begin_start()
        self.wait_ready()

    def stop(self) -> None:
        """Stop cleanly; takes about 6 s."""
        self._process.terminate(timeout_s=30)
        end_marked(self.home, "epmd")

    def kill(self) -> None:
        """SIGKILL, as a power cut would; the data stays and `start` brings it back."""
        self._process.kill()

    def destroy(self) -> None:
        """Kill and delete all data: for brokers of a test session."""
        self.kill()
        end_marked(self.home, "epmd")
        shutil.rmtree(self.home, ignore_errors=True)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl against this broker (0.5 s a call) and return what it printed."""
        command = [str(_program_folder() / "rabbitmqctl"), "-q", "-n", _NODE, *arguments]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=True)
        return done.stdout

    def _answers(self) -> bool:
        if not ports.is_answering(self.ports["amqp"]):
            return False
        try:
            request_management(self.management_url, "GET", "/api/vhosts")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True

    def _write_settings(self) -> None:
        for folder in ("mnesia", "log", "home"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        (self.home / "rabbitmq.conf").write_text(_SETTINGS.format(**self.ports))
        (self.home / "enabled_plugins").write_text("[rabbitmq_management,rabbitmq_prometheus].\n")

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))
        }
        return kept | {
            "HOME": str(self.home / "home"),
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_NODE_PORT": str(self.ports["amqp"]),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self.ports["distribution"]),
            "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.home / "rabbit.pid"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "no-environment.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "advanced.config"),
            # Busy waiting of idle schedulers would cost a core that the services need.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2"
            " +sbwt none +sbwtdcpu none +sbwtdio none",
            # Makes the start script become the broker, so that our pid is the broker's.
            "RUNNING_UNDER_SYSTEMD": "1",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.ports["epmd"]),
        }


def request_management(base_url: str, method: str, path: str, body: bytes | None = None) -> bytes:
    """One call to a broker's management API; credentials are taken from the URL.

    Raises:
        urllib.error.URLError: no answer, or an answer of 400 and above.
    """
    scheme, rest = base_url.split("://", 1)
    credentials, _, address = rest.rpartition("@")
    request = urllib.request.Request(f"{scheme}://{address.rstrip('/')}{path}", data=body, method=method)
    token = base64.b64encode((credentials or _CREDENTIALS).encode()).decode()
    request.add_header("Authorization", f"Basic {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=10) as response:
        answer: bytes = response.read()
    return answer


def _program_folder() -> Path:
    """The versioned folder: Debian's wrappers on PATH insist on root or the rabbitmq account."""
    versions = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))
    if versions:
        return versions[-1]
    found = shutil.which("rabbitmq-server") or shutil.which(
        "rabbitmq-server", path="/usr/sbin:/usr/local/sbin"
    )
    if found is None:
        raise StartFailed("RabbitMQ is missing: install rabbitmq-server, or set TOCSIN_AMQP_URL")
    return Path(found).resolve().parent
