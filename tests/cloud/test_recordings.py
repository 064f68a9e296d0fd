"""Every recorded document is read, and every recorded error becomes one of ours, with the server's words."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from lxml import etree

from tests.cloud.recorded import ERRORS, EXCHANGES, VM_FILES, Exchange, documents, is_service
from tests.cloud.wire_server import PASSWORD, Listener, login
from wizard.cloud import http_errors as wire
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError, CredentialsRefused, Garbled, NotAuthorized, NotFound, Refused, ServerFault
from wizard.cloud.oneflow import OneFlow
from wizard.cloud.reading import service_templates, services
from wizard.cloud.vm_xml import PARSER_OPTIONS, vm_facts
from wizard.core.opennebula.service_document import decode_service

SERVICES = [
    pytest.param(document, id=f"{item.name}-{document['ID']}")
    for item in EXCHANGES
    for document in documents(item)
    if is_service(document)
]
TEMPLATES = [
    pytest.param(document, id=f"{item.name}-{document['ID']}")
    for item in EXCHANGES
    for document in documents(item)
    if not is_service(document)
]
ASKED = [
    item
    for item in EXCHANGES
    if documents(item) and item.method != "PUT" and not (item.method == "GET" and "/service_template/" in item.path)
]
"""Exchanges with documents; the client neither updates a service template nor asks for a single one."""

EXPECTED: dict[type[CloudError], set[str]] = {
    NotFound: {
        "09-service-after-delete",
        "09-service-delete-UNDEPLOYING",
        "09-service-delete-gone",
        "10-service_template-after-delete",
        "91-err-delete-unknown-service",
        "91-err-scale-unknown-service",
        "91-err-service-unknown",
        "93-template-delete-unknown",
        "93-template-get-not-a-number",
        "95-service-after-second-delete",
        "95-service-recover-delete-gone",
        "95-service-undeploy-gone",
    },
    CredentialsRefused: {"93-template-bearer", "93-template-no-credentials", "93-template-wrong-user"},
    NotAuthorized: {
        "97-user-delete-foreign-service",
        "97-user-delete-foreign-template",
        "97-user-get-foreign-template",
        "97-user-instantiate-foreign-template",
    },
    ServerFault: {
        "91-err-scale-malformed-json",
        "91-err-scale-no-force",
        "91-err-service-action-malformed",
        "93-template-json-array",
        "93-template-json-string",
        "94-action-no-action",
        "94-instantiate-merge-not-object",
    },
    Garbled: {"93-unknown-method", "93-unknown-path"},
}
"""What is in none of these was understood and refused."""


def expected(name: str) -> type[CloudError]:
    return next((kind for kind, names in EXPECTED.items() if name in names), Refused)


def ask(flow: OneFlow, exchange: Exchange) -> object:
    """The call of ours that is nearest to what was recorded."""
    number = int("".join(char for char in exchange.path if char.isdigit()) or 0)
    if exchange.method == "DELETE":
        return flow.unregister(number) if "service_template" in exchange.path else flow.delete(number)
    if exchange.path.endswith("/scale"):
        return flow.scale(number, "supernode", 3)
    if exchange.path.endswith("/action"):
        return flow.instantiate(number, "{}") if "service_template" in exchange.path else flow.recover(number)
    if exchange.method in ("POST", "PUT", "PATCH"):
        return flow.register("{}")
    if exchange.path.endswith("/service_template"):
        return flow.templates()
    return flow.services() if exchange.path.endswith("/service") else flow.service(number)


def test_there_is_enough_to_test_with() -> None:
    assert len(SERVICES) > 70
    assert len(TEMPLATES) > 30
    assert len(ERRORS) > 80
    assert len(VM_FILES) > 30
    named = set().union(*EXPECTED.values())
    assert named <= {item.name for item in ERRORS}


@pytest.mark.parametrize("exchange", ERRORS, ids=lambda item: item.name)
def test_a_recorded_error_is_told_in_the_servers_words(exchange: Exchange) -> None:
    with Listener(exchange.answer) as listener:
        flow = OneFlow(login(listener.url), 5)
        with pytest.raises(CloudError) as caught:
            ask(flow, exchange)
        flow.close()
    error = caught.value
    assert type(error) is expected(exchange.name)
    assert error.title
    assert error.hint
    told = str(error)
    assert "\n" not in told
    assert PASSWORD not in told
    assert "backtrace" not in told
    if isinstance(exchange.body, dict):
        assert error.detail == wire.brief(exchange.body["reason"])
    elif type(error) is not Garbled:
        assert error.detail == wire.brief(exchange.body)
        assert error.detail


@pytest.mark.parametrize("exchange", ASKED, ids=lambda item: item.name)
def test_a_recorded_answer_passes_through_the_client(exchange: Exchange) -> None:
    """Including its content type, which says HTML."""
    with Listener(exchange.answer) as listener:
        flow = OneFlow(login(listener.url), 5)
        answer = ask(flow, exchange)
        flow.close()
    found = answer if isinstance(answer, list) else [answer["DOCUMENT"]]  # type: ignore[index]
    assert found == documents(exchange)


@pytest.mark.parametrize("document", SERVICES)
def test_a_recorded_service_is_read_whole(document: dict[str, object]) -> None:
    snapshot = decode_service({"DOCUMENT": document})
    raw = document["TEMPLATE"]["BODY"]  # type: ignore[index]
    assert str(snapshot.id) == document["ID"]
    assert snapshot.name == document["NAME"]
    assert snapshot.state == raw["state"]
    assert [role.name for role in snapshot.roles] == [role["name"] for role in raw["roles"]]
    assert [role.cardinality for role in snapshot.roles] == [role["cardinality"] for role in raw["roles"]]
    listed = [[node["deploy_id"] for node in role.get("nodes", [])] for role in raw["roles"]]
    assert [[node.vm_id for node in role.nodes] for role in snapshot.roles] == listed
    assert [line.message for line in snapshot.log] == [line["message"] for line in raw.get("log", [])]
    assert services([document], 5.0)[0].taken_at == 5.0


@pytest.mark.parametrize("document", TEMPLATES)
def test_a_recorded_service_template_is_read(document: dict[str, object]) -> None:
    (found,) = service_templates([document])
    assert str(found.id) == document["ID"]
    assert found.name == document["NAME"]
    assert found.owner == document["UNAME"]
    assert found.body == document["TEMPLATE"]["BODY"]  # type: ignore[index]
    assert services([document], 0.0) == ()


@pytest.mark.parametrize("path", VM_FILES, ids=lambda path: path.stem)
def test_a_recorded_vm_is_read(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    vm = vm_facts(etree.fromstring(text.encode(), etree.XMLParser(**PARSER_OPTIONS)), extended=True)
    raw = ElementTree.fromstring(text)
    assert str(vm.id) == raw.findtext("ID")
    assert vm.name == raw.findtext("NAME")
    assert (str(vm.state), str(vm.lcm_state)) == (raw.findtext("STATE"), raw.findtext("LCM_STATE"))
    assert (str(vm.stime), str(vm.etime)) == (raw.findtext("STIME"), raw.findtext("ETIME"))
    assert [*vm.ips] == [nic.findtext("IP") for nic in raw.iterfind("TEMPLATE/NIC")]
    assert vm.ready == raw.findtext("USER_TEMPLATE/READY")
    assert vm.user_template is not None
    assert vm.role_name == raw.findtext("USER_TEMPLATE/ROLE_NAME")
    for key, value in vm.user_template.items():
        assert value == (raw.findtext(f"USER_TEMPLATE/{key}") or "")
    assert vm.context is not None
    assert {child.tag for child in raw.iterfind("TEMPLATE/CONTEXT/*")} == set(vm.context)
    assert all(value == (raw.findtext(f"TEMPLATE/CONTEXT/{key}") or "") for key, value in vm.context.items())
    records = raw.findall("HISTORY_RECORDS/HISTORY")
    assert vm.host == (records[-1].findtext("HOSTNAME") if records else "")


def test_the_short_form_of_a_vm_claims_nothing_about_what_it_lacks() -> None:
    (path,) = (path for path in VM_FILES if path.stem == "31-vm-supernode-after-guest")
    vm = etree.fromstring(path.read_bytes(), etree.XMLParser(**PARSER_OPTIONS))
    assert vm_facts(vm, extended=True).is_ready
    short = vm_facts(vm, extended=False)
    assert short.user_template is None
    assert short.context is None
    assert not short.is_ready


def test_a_pool_with_strangers_in_it_is_read_as_far_as_it_goes() -> None:
    good = next(param.values[0] for param in SERVICES)
    template = next(param.values[0] for param in TEMPLATES)
    strangers = [None, 5, {}, {"ID": "x"}, {"ID": "7"}, {"ID": "7", "TEMPLATE": {"BODY": "no json"}}]
    assert [item.id for item in services([*strangers, good], 0)] == [int(good["ID"])]
    assert [item.id for item in service_templates([*strangers, template])] == [int(template["ID"])]


def test_the_facade_reads_a_recorded_registration() -> None:
    (exchange,) = (item for item in EXCHANGES if item.name == "01-service_template-create")
    with Listener(exchange.answer) as listener:
        cloud = Cloud(login(listener.url))
        assert cloud.templates.register("{}") == int(exchange.body["DOCUMENT"]["ID"])
        cloud.close()
