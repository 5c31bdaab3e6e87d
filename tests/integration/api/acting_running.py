"""An api with the real services that its tests need behind the real broker, people to act, and groups that fire."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from deploy.local.servers import Servers
from services.grouper.service import service as grouper
from services.notifier.service import service as notifier
from services.recorder.service import service as recorder
from shared import clock
from shared.channels.channel import Message
from shared.domain.configuration import Integration, User
from shared.domain.model import SYSTEM, Group
from shared.domain.tickets import PURPOSE, tickets_for
from shared.secrets import new_key
from shared.store.alert_groups import AlertGroups
from shared.store.configuration import ConfigurationStore
from tests.integration.api.api_running import PUBLIC, RunningApi, a_service, an_api, drop
from tests.support import servers as shared_servers
from tests.support import vhosts
from tests.support.build import an_alert, routed
from tests.support.outgoing import a_message
from tests.support.smtp_double import SmtpDouble

TIMEOUT_S = 60.0


@asynccontextmanager
async def acting_api(servers: Servers, folder: Path, **settings: Any) -> AsyncIterator[RunningApi]:
    """Run both on a database and a virtual host of their own."""
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    with vhosts.fresh_vhost(servers) as amqp_url:
        both = {"mongo_url": mongo_url, "amqp_url": amqp_url}
        async with a_service(grouper, folder, **both), an_api(**both, data_dir=folder, **settings) as api:
            await api.connected()
            yield api
        await drop(mongo_url)


@asynccontextmanager
async def telling_api(
    servers: Servers, folder: Path, smtp: SmtpDouble, **settings: Any
) -> AsyncIterator[RunningApi]:
    """Run an api whose mails a real notifier sends to `smtp`, with the recorder."""
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    with vhosts.fresh_vhost(servers) as amqp_url:
        both = {"mongo_url": mongo_url, "amqp_url": amqp_url, "secret_key": new_key()}
        both |= {"smtp_host": smtp.host, "smtp_port": smtp.port, "smtp_from": "tocsin@example.org"}
        async with (
            a_service(notifier, folder, **both),
            a_service(recorder, folder, **both),
            an_api(**both, data_dir=folder, **settings) as api,
        ):
            await api.connected()
            yield api
        await drop(mongo_url)


async def a_person(api: RunningApi, **fields: Any) -> User:
    """Store a user and let the api know."""
    name = uuid.uuid4().hex
    user = User(id=f"U{name}", username=name, **fields)
    await ConfigurationStore(api.store).change(lambda draft: draft.put(user), SYSTEM, clock.now())
    await api.running.io.config.load()
    return user


async def an_integration(api: RunningApi) -> Integration:
    """Store an integration and let the api know."""
    name = uuid.uuid4().hex
    made = Integration(id=f"C{name}", name=f"prod {name}", type="webhook", token_digest=name)
    await ConfigurationStore(api.store).change(lambda draft: draft.put(made), SYSTEM, clock.now())
    await api.running.io.config.load()
    return made


async def a_firing_group(api: RunningApi, integration: Integration | None = None) -> Group:
    """Have one alert grouped, and wait until the group has its number; by default its integration is gone."""
    name = integration.id.removeprefix("C") if integration else uuid.uuid4().hex
    alert = an_alert(name, at=clock.now()).model_copy(update={"integration_id": f"C{name}"})
    await api.running.io.bus.publish([routed(alert=alert, at=clock.now(), key=name, title="DiskFull <b>")])
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            found = await groups(api).find({"integration_id": f"C{name}"}, [("opened_at", 1)], 1)
            if found and found[0].number is not None:
                return found[0]
            await asyncio.sleep(0.02)


def groups(api: RunningApi) -> AlertGroups:
    """Return the groups as they are stored."""
    return AlertGroups(api.store)


async def now(api: RunningApi, group: Group) -> Group:
    """Return a group as it is now."""
    found = await groups(api).get(group.id)
    assert found is not None
    return found


def message_of(api: RunningApi, group: Group, user: User | None, **fields: Any) -> Message:
    """Return a page about a group, with the tickets that the notifier would give it."""
    secrets = api.running.io.secrets
    tickets = tickets_for(
        group, user.id if user else "", lambda text: secrets.sign(PURPOSE, text), clock.now()
    )
    return a_message(group, **{"callback_url": PUBLIC, "tickets": tickets, **fields})
