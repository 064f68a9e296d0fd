"""Malformed requests that were not recorded: each gets an answer, and the world still works."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cloud import Cloud, flower


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "x", "roles": ["superlink"]}, "KEY: 'roles' must be an Object;"),
        ({"name": 5, "roles": []}, "KEY: 'name' must be a String;"),
        ({"name": "x", "roles": {}}, "KEY: 'roles' must be an Array;"),
        ({"name": "x", "deployment": "curly", "roles": []}, "KEY: 'deployment' must be one of none, straight;"),
        (
            {"name": "x", "roles": [{"name": "a-b", "type": "vm", "template_id": 0}]},
            "KEY: 'name' must match regexp /^\\w+$/;",
        ),
    ],
)
def test_invalid_templates_are_refused(body: Any, message: str) -> None:
    with Cloud() as cloud:
        assert cloud.ask("POST", "/service_template", body) == (400, message)


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_bodies_that_are_no_objects(body: Any) -> None:
    with Cloud() as cloud:
        service = cloud.running()
        for path in (f"/service/{service}/scale", f"/service/{service}/action", "/service_template/1/action"):
            assert cloud.ask("POST", path, body)[0] == 500
        assert cloud.body(service)["state"] == 2


@pytest.mark.parametrize("values", [["x"], [{"Private": "0"}], [{"Private": {"reserve_from": "none"}}]])
def test_malformed_networks_values_fail_the_deployment(values: Any) -> None:
    template = flower() | {"networks": {"Private": "M|network|x||id:0"}}
    with Cloud() as cloud:
        service = cloud.instantiate(template, {"networks_values": values})
        cloud.clock.advance(20)
        assert cloud.body(service)["state"] in (7, 11, 1)
        cloud.recover(service, delete=True)
        cloud.until(service, None)


def test_a_network_that_does_not_exist_fails_the_deployment_and_none_at_all_does_not() -> None:
    template = flower(template_contents={"NIC": [{"NETWORK_ID": "$Private"}]})
    template["roles"][0]["template_contents"] = {"NIC": [{"NETWORK_ID": "$Private"}]}
    template["networks"] = {"Private": "M|network|x||id:"}
    with Cloud() as cloud:
        missing = cloud.instantiate(template, {"networks_values": [{"Private": {"id": "4711"}}]})
        empty = cloud.instantiate(template)
        cloud.clock.advance(20)
        assert [cloud.body(service)["state"] for service in (missing, empty)] == [7, 1]
        assert "Error getting virtual network [4711]." in cloud.messages(missing)[1]


def test_a_key_with_a_dash_fails_the_deployment() -> None:
    with Cloud() as cloud:
        service = cloud.instantiate(flower(), {"user_inputs_values": {"with-dash": "v"}})
        cloud.until(service, 7)
        assert "unexpected VARIABLE, expecting EQUAL" in cloud.messages(service)[1]


def test_unknown_ids_and_finished_services() -> None:
    with Cloud() as cloud:
        assert cloud.ask("GET", "/service/12abc")[1] == "[one.document.info] Error getting document [12]."
        assert cloud.ask("POST", "/service_pool/purge_done")[0] == 204
        template = cloud.instantiate(flower())
        assert cloud.ask("GET", f"/service_template/{template}")[0] == 404
