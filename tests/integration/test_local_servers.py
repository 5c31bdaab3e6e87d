"""The servers that tests and `make run` start: what callers rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pymongo
import pytest

from deploy.local import ports
from deploy.local.process import OwnedProcess
from deploy.local.rabbit import request_management
from deploy.local.servers import LocalServers, Servers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def test_each_test_gets_a_virtual_host_of_its_own(servers: Servers, amqp_url: str):
    vhosts = json.loads(request_management(str(servers.management_url), "GET", "/api/vhosts"))

    assert urlsplit(amqp_url).path.lstrip("/") in [vhost["name"] for vhost in vhosts]


def test_each_test_gets_a_database_that_can_do_transactions(mongo_url: str, database: str):
    with pymongo.MongoClient[dict[str, Any]](mongo_url) as client, client.start_session() as session:
        client[database].create_collection("things")
        with session.start_transaction():
            client[database].things.insert_one({"_id": 1}, session=session)

        assert client.get_default_database().name == database
        assert client[database].things.count_documents({}) == 1


def test_a_killed_database_comes_back_on_its_port_with_its_data(own_servers: LocalServers):
    mongo = own_servers.mongo
    with pymongo.MongoClient[dict[str, Any]](mongo.url("kept"), w="majority") as client:
        client.kept.things.insert_one({"_id": "survivor"})

    mongo.kill()
    assert (mongo.is_running, ports.is_answering(mongo.port)) == (False, False)
    mongo.start()

    with pymongo.MongoClient[dict[str, Any]](mongo.url("kept")) as client:
        assert client.kept.things.count_documents({"_id": "survivor"}) == 1


def test_a_killed_broker_comes_back_on_its_ports_with_its_virtual_hosts(own_servers: LocalServers):
    rabbit = own_servers.rabbit
    request_management(rabbit.management_url, "PUT", "/api/vhosts/survivor")

    rabbit.kill()
    assert not rabbit.is_running
    rabbit.start()

    vhosts = json.loads(request_management(rabbit.management_url, "GET", "/api/vhosts"))
    assert "survivor" in [vhost["name"] for vhost in vhosts]


def test_another_command_finds_the_running_servers_and_their_ports(own_servers: LocalServers):
    found = LocalServers(own_servers.base)

    assert found.rabbit.ports == own_servers.rabbit.ports
    assert (found.rabbit.pid, found.mongo.pid) == (own_servers.rabbit.pid, own_servers.mongo.pid)


def test_a_pid_file_that_names_a_foreign_process_is_not_believed(tmp_path: Path):
    foreign = psutil.Process().ppid()
    (tmp_path / "pid").write_text(str(foreign))
    process = OwnedProcess(tmp_path)

    process.kill()

    assert process.pid() is None
    assert psutil.pid_exists(foreign)


def test_stopping_cleanly_leaves_no_process_behind(own_servers: LocalServers):
    homes = {str(own_servers.mongo.home), str(own_servers.rabbit.home)}
    assert {_mark(process) for process in psutil.process_iter()} >= homes

    own_servers.stop()

    assert not [process for process in psutil.process_iter() if _mark(process) in homes]


def _mark(process: psutil.Process) -> str:
    try:
        return process.environ().get("TOCSIN_LOCAL_SERVER", "")
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return ""
