"""Labels travel from the payload to the group; what a template gets wrong is on record, and the alert goes on."""

from __future__ import annotations

import pytest

from shared.domain.configuration import ConfigSnapshot, Integration, Route
from shared.domain.labels import Label, LabelSettings
from shared.domain.model import Group
from shared.store.alert_groups import AlertGroups
from shared.store.mongo import Document
from shared.store.problems import Problems
from tests.support.house import House, token_digest, until

pytestmark = pytest.mark.integration
LABELS = LabelSettings(
    static=(Label(key="team", value="db"),),
    dynamic=(Label(key="host", value="{{ payload.host }}"), Label(key="bad", value="{{ payload.a.b }}")),
    template='{"tier": {{ payload.tier }}}',
)
BY_LABELS = Route(
    id="RL",
    integration_id="C1",
    routing_type="labels",
    filtering_labels=(Label(key="team", value="db"), Label(key="tier", value="2")),
)


async def the_group(house: House) -> Group:
    async def found() -> list[Group]:
        return await AlertGroups(house.database).find({}, [("opened_at", 1)], 10)

    (group,) = await until(found, what="a group")
    return group


async def the_problems(house: House, count: int) -> list[Document]:
    async def found() -> list[Document] | None:
        rows = await Problems(house.database).find(["C1"])
        return rows if len(rows) >= count else None

    rows = await until(found, what="problems on record")
    assert rows is not None
    return rows


async def test_labels_choose_the_route_and_are_the_groups_and_a_bad_one_is_a_problem(
    house: House, configuration: ConfigSnapshot
):
    (hook,) = configuration.integrations
    labelled = configuration.model_copy(
        update={
            "integrations": (hook.model_copy(update={"labels": LABELS}),),
            "routes": (*configuration.routes, BY_LABELS),
        }
    )
    await house.configure_all(labelled)
    await house.start("recorder", "router", "grouper")

    alert_id = await house.receive({"alert_uid": "disk", "host": "db1", "tier": 2})

    group = await the_group(house)
    assert (group.labels, group.route_id) == ({"host": "db1", "team": "db", "tier": "2"}, "RL")
    (problem,) = await the_problems(house, 1)
    assert (problem["where"], problem["line"], problem["alert_id"]) == ("labels.bad", 1, alert_id)


async def test_an_alert_whose_templates_all_fail_goes_on_and_each_failure_is_on_record(house: House):
    broken = "\n{{ payload.a.b }}"
    names = ("grouping_key", "resolve_signal", "source_link")
    templates = {**dict.fromkeys(names, broken), "web": {"title": broken, "message": broken}}
    integration = Integration(
        id="C1", name="Hook", type="webhook", token_digest=token_digest(), templates=templates
    )
    bad_route = Route(id="R2", integration_id="C1", routing_type="jinja2", routing_regex=broken)
    await house.configure(integration, bad_route, Route(id="R1", integration_id="C1", is_default=True))
    await house.start("recorder", "router", "grouper", "renderer")

    alert_id = await house.receive({"alert_uid": "disk", "title": "x"})

    rows = await the_problems(house, 6)
    assert {one["where"] for one in rows} == {*names, "route R2", "web.title", "web.message"}
    assert {(one["line"], one["alert_id"]) for one in rows} == {(2, alert_id)}
    group = await the_group(house)
    assert (group.route_id, group.is_open, group.title) == ("R1", True, "x")
