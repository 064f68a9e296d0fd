"""What `render` and `deploy --dry-run` print is, byte for byte, what a relay in front of OneFlow receives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.cli.conftest import Ended
from tests.relay import IDS, NAMED, Behind, Relay, merge_template_of, register_another
from wizard.core.plan.plan import Registration
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox

ALIKE = {"supernode.cardinality": "3"}


@pytest.fixture
def behind(request: pytest.FixtureRequest) -> Iterator[Behind]:
    """The default world of the OpenNebula that the dialect of the test is for, on a clock that stands still."""
    version = "6.10" if request.node.callspec.params["dialect"] == "6" else None
    clock = ManualClock(1_795_428_900)
    with Sandbox(latency=0, clock=clock, version=version) as sandbox, Relay(sandbox.oneflow_url) as relay:
        yield Behind(sandbox, relay)


def settings(texts: dict[str, str]) -> list[str]:
    """The texts as `--set` options."""
    return [word for path, text in texts.items() for word in ("--set", f"{path}={text}")]


@pytest.mark.parametrize("dialect", ["auto", "6"])
@pytest.mark.parametrize("registration", list(Registration))
@pytest.mark.parametrize("texts", [NAMED, {}, IDS], ids=["named", "not chosen", "ids"])
def test_a_dry_run_prints_what_is_sent(
    behind: Behind, call: Callable[..., Ended], texts: dict[str, str], registration: Registration, dialect: str
) -> None:
    number = register_another(behind) if registration is not Registration.NEW else None
    words = [
        "deploy",
        "default",
        *settings({**texts, **ALIKE}),
        "--registered",
        registration.value,
        "--dialect",
        dialect,
    ]
    dry = call(*words, "--dry-run", cloud=behind)
    assert dry.status == 0, dry.err
    assert behind.instantiations == []
    ended = call(*words, "--yes", "--no-wait", cloud=behind)
    assert ended.status == 0, ended.err
    shown_merge = merge_template_of(behind.instantiations[-1])
    assert dry.out.endswith(shown_merge)
    assert ("custom_attrs_values" in shown_merge) == (dialect == "6")
    shown = dry.out.removesuffix(shown_merge)
    if registration is Registration.AS_IS:
        assert "used as it is" in dry.err
        assert '"description": "by hand"' in shown
        assert [path for verb, path, _ in behind.relay.requests if verb == "POST"] == [
            f"/service_template/{number}/action"
        ]
    else:
        assert behind.template == shown
    assert ("PUT" in [verb for verb, _, _ in behind.relay.requests]) == (registration is Registration.UPDATE)
    assert number is None or f"registered as {number}" in dry.err


@pytest.mark.parametrize("dialect", ["7", "6"])
def test_render_prints_what_is_sent_and_marks_what_it_does_not_know(
    behind: Behind, call: Callable[..., Ended], dialect: str
) -> None:
    named = ["default", *settings(NAMED), "--dialect", dialect]
    shown, shown_merge = call("render", *named, cloud=behind), call("render", *named, "--merge-template", cloud=behind)
    call("deploy", *named, "--yes", "--no-wait", cloud=behind)
    assert behind.template == shown.out
    assert merge_template_of(behind.instantiations[-1]) == shown_merge.out
    assert "placeholder" not in shown.err
    without = call("render", "default", "--dialect", dialect)
    assert "superlink.vm_template: none chosen; template_id 0 is a placeholder" in without.err
    assert "supernode.vm_template: none chosen; template_id 1 is a placeholder" in without.err
