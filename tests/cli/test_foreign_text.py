"""Text of others through every place where it is printed: nothing in it drives a terminal.

Each text has an OSC 52 (clipboard), a CSI, the C1 forms of both, a DEL, marks that turn the reading direction, and line
breaks that a terminal or a reader of lines takes for such.
"""

from __future__ import annotations

import json
import re
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ended
from tests.cloud.wire_server import PASSWORD, USER, Listener, http
from wizard.core.text import drawn, escaped, harmless, one_line, without_controls

C0 = "".join(map(chr, (*range(0x09), *range(0x0B, 0x20), 0x7F)))
C1 = "".join(map(chr, range(0x80, 0xA0)))
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
BREAKS = "\u2028\u2029"
HARMFUL = frozenset(C0 + C1 + BIDI + BREAKS)
EVIL = f"a\x1b]52;c;ZXZpbA==\x07\x1b[2J\n{C0}{C1}{BIDI}{BREAKS}z"
EVIL_XML = f"a{C1}{BIDI}{BREAKS}\x7fz"
"""XML can't have the controls of ASCII."""
SGR = re.compile(r"\x1b\[[0-9;]*m")


def vm(number: int) -> str:
    pairs = "".join(
        f"<{key}>{EVIL_XML}</{key}>"
        for key in ("FL_ERROR", "FL_VERSION", "FL_ENDPOINT", "FL_NODE_CONFIG", "SCHED_MESSAGE", "ERROR", "FL_X")
    )
    record = f"<HISTORY><SEQ>0</SEQ><HOSTNAME>{EVIL_XML}</HOSTNAME><RSTIME>1</RSTIME><ACTION>0</ACTION></HISTORY>"
    return (
        f"<VM><ID>{number}</ID><NAME>{EVIL_XML}</NAME><STATE>3</STATE><LCM_STATE>3</LCM_STATE><STIME>1</STIME>"
        f"<HISTORY_RECORDS>{record}</HISTORY_RECORDS><TEMPLATE><NIC><IP>{EVIL_XML}</IP></NIC>"
        f"<CONTEXT><FL_NODE_CONFIG>{EVIL_XML}</FL_NODE_CONFIG></CONTEXT></TEMPLATE>"
        f"<USER_TEMPLATE><READY>YES</READY>{pairs}</USER_TEMPLATE></VM>"
    )


ROLE = {"state": 2, "cardinality": 1, "min_vms": 1, "max_vms": 2, "cooldown": 5}
SERVICE = {
    "DOCUMENT": {
        "ID": "7",
        "NAME": EVIL,
        "UNAME": EVIL,
        "GNAME": EVIL,
        "TEMPLATE": {
            "BODY": {
                "state": 2,
                "start_time": 1,
                "log": [{"timestamp": 5, "severity": "I", "message": EVIL}, {"timestamp": EVIL, "message": EVIL}],
                "user_inputs_values": {EVIL: EVIL, "FL_STRATEGY": EVIL},
                "roles": [
                    {**ROLE, "name": "superlink", "nodes": [{"deploy_id": 1}], "parents": [EVIL]},
                    {**ROLE, "name": "supernode", "nodes": [{"deploy_id": 2}, {"deploy_id": EVIL}]},
                    {**ROLE, "name": EVIL, "nodes": []},
                ],
            }
        },
    }
}
BODY = {
    "name": EVIL,
    "deployment": "straight",
    "user_inputs": {"FLOWER_VERSION": f"O|text|{EVIL}||{EVIL}", EVIL: EVIL},
    "roles": [
        {"name": "superlink", "type": "vm", "template_id": 0, "cardinality": 1, "user_inputs": {EVIL: EVIL}},
        {"name": "supernode", "type": "vm", "template_id": 1, "cardinality": 2, "parents": ["superlink", EVIL]},
        {"name": EVIL, "type": EVIL, "template_id": EVIL, "cardinality": EVIL},
    ],
}
TEMPLATE = {"DOCUMENT": {"ID": "9", "NAME": EVIL, "UNAME": EVIL, "TEMPLATE": {"BODY": BODY}}}


def oneflow(method: str, path: str) -> bytes:
    if method != "GET":
        return http(500, EVIL)
    if path == "/service":
        return http(200, json.dumps({"DOCUMENT_POOL": {"DOCUMENT": [SERVICE["DOCUMENT"]]}}))
    if path == "/service_template":
        return http(200, json.dumps({"DOCUMENT_POOL": {"DOCUMENT": [TEMPLATE["DOCUMENT"]]}}))
    return http(200, json.dumps(TEMPLATE if "template" in path else SERVICE))


def oned(body: bytes) -> bytes:
    call = body.decode().partition("<methodName>")[2].partition("</methodName>")[0]
    names = f"<ID>0</ID><NAME>{EVIL_XML}</NAME><UNAME>{EVIL_XML}</UNAME><GNAME>{EVIL_XML}</GNAME>"
    text = {
        "one.system.version": "7.0.0",
        "one.vm.info": vm(1),
        "one.vmpool.infoset": f"<VM_POOL>{vm(1)}{vm(2)}</VM_POOL>",
        "one.vmpool.info": f"<VM_POOL>{vm(1)}{vm(2)}</VM_POOL>",
        "one.templatepool.info": f"<VMTEMPLATE_POOL><VMTEMPLATE>{names}</VMTEMPLATE></VMTEMPLATE_POOL>",
        "one.vnpool.info": f"<VNET_POOL><VNET>{names}</VNET></VNET_POOL>",
    }.get(call)
    reply = [False, EVIL_XML, 2048] if text is None else [True, text, 0]
    return http(200, xmlrpc.client.dumps((reply,), methodresponse=True).encode(), "text/xml")


COMMANDS = [
    ("status",),
    ("status", "7"),
    ("vm", "1"),
    ("events", "7"),
    ("connect", "7"),
    ("superlink", "7"),
    ("scale", "7", "2", "--dry-run"),
    ("scale", "7", "2", "--yes"),
    ("recover", "7", "--dry-run"),
    ("delete", "7", "--dry-run"),
    ("delete", "7", "--yes"),
    ("restart-stale", "7", "--dry-run"),
    ("check", "evil.json"),
    ("check", "--template", "9"),
    ("check", "default", "--cloud"),
    ("render", "evil"),
    ("render", "default", "--set", f"service.name={EVIL}"),
    ("render", "default", "--commands", "--set", f"service.name={EVIL}"),
    ("deploy", "default", "--dry-run", "--set", f"service.description={EVIL}"),
    ("deploy", "default", "--yes"),
    ("presets", "list"),
    ("presets", "show", "evil"),
    ("presets", "diff", "default", "evil"),
    ("presets", "import", "template:9", "theirs"),
    ("presets", "import", "template:9", "theirs", "--whole"),
    ("presets", "import", "service:7", "theirs"),
    ("presets", "import", "evil.json", "theirs", "--whole"),
    ("check", EVIL),
    ("status", EVIL),
    ("deploy", EVIL),
]
NO_JSON = {"render", "presets show", "presets import"}


@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command).split("\x1b")[0].split("=a")[0])
def test_nothing_that_drives_a_terminal_is_printed(
    call: Callable[..., Ended],
    clean: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    as_json: bool,
) -> None:
    Path("evil.json").write_text(json.dumps(BODY))
    presets = Path(clean["XDG_CONFIG_HOME"]) / "flowerneb-wizard" / "presets"
    presets.mkdir(parents=True)
    (presets / "evil.toml").write_text(
        f"preset = 1\ntitle = {json.dumps(EVIL)}\n[service]\nname = {json.dumps(EVIL)} # {C1}{BIDI}\n".replace(
            "\x7f", ""
        )
    )
    named = {" ".join(command[:length]) for length in (1, 2)}
    asked = [*command, "--json"] if as_json and not named & NO_JSON else list(command)
    with Listener(lambda heard: oneflow(heard.method, heard.path) if heard.path != "/RPC2" else oned(heard.body)) as it:
        monkeypatch.setenv("ONEFLOW_URL", it.url)
        monkeypatch.setenv("ONE_XMLRPC", f"{it.url}/RPC2")
        monkeypatch.setenv("ONEFLOW_USER", USER)
        monkeypatch.setenv("ONEFLOW_PASSWORD", PASSWORD)
        ended = call(*asked)
    assert "Traceback" not in ended.err
    assert "No such option" not in ended.err
    for text in (ended.out, ended.err):
        assert not sorted(set(SGR.sub("", text)) & HARMFUL), text
    if asked[-1] == "--json":
        lines = ended.err.splitlines()
        assert all(json.loads(line) for line in lines)
        if command[0] == "events":
            assert [json.loads(line) for line in ended.out.splitlines()]
        elif ended.out:
            json.loads(ended.out)


@pytest.mark.parametrize("char", sorted(HARMFUL | {"\n", "\t"}))
def test_each_of_them_by_each_function(char: str) -> None:
    for function in (harmless, one_line, escaped, drawn, without_controls):
        cleaned = function(f"a{char}b")
        assert not set(cleaned) & HARMFUL
        assert function(cleaned) == cleaned
    assert len(one_line(f"a{char}b").splitlines()) == 1
    assert json.loads(escaped(json.dumps(f"a{char}b", ensure_ascii=False))) == f"a{char}b"


def test_our_own_colours_stay_and_no_other_control_does() -> None:
    assert drawn("\x1b[1;31mred\x1b[0m\x1b[2J") == "\x1b[1;31mred\x1b[0m\\x1b[2J"
