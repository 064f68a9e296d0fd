"""Reports of a guest about itself, which it published into its VM through OneGate."""

from __future__ import annotations

from wizard.core.appliance.vm_templates import FOLLOW
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, VmFacts
from wizard.core.plan.contract import Meaning
from wizard.core.plan.contracts import CONTRACTS
from wizard.core.text import duration, one_line

OWN_READY = {SUPERLINK: "FL_READY", SUPERNODE: "FL_NODE_READY"}
"""What the guest of each role says of Flower, beside READY."""

STAGE, SINCE, ERROR = "FL_STAGE", "FL_STAGE_SINCE", "FL_ERROR"
"""The step that a guest is at, when it began, in Unix seconds, and why it can't go on."""

_LONGEST = 160
"""Characters of a report that are shown: it is one line, and a guest may publish anything."""


NODE_CONFIG_KEYS = tuple(
    item.key for contract in CONTRACTS.values() for item in [contract.meaning(Meaning.NODE_CONFIG)] if item
)
"""Names of the node config, in a service's values, in CONTEXT and in a guest's report, by contract."""

_INPUTS = frozenset(item.key for contract in CONTRACTS.values() for item in contract.fields if item.is_input)
"""What the service is asked for: OneFlow puts it into the same place, and no guest has said it."""


def published(vm: VmFacts) -> dict[str, str]:
    """Values that the guest itself put into OneGate: READY, and all that begins with FL_ and is no input."""
    template = vm.user_template or {}
    own = {key: value for key, value in template.items() if key.startswith("FL_") and key not in _INPUTS}
    return own | ({"READY": template["READY"]} if "READY" in template else {})


def follows(vm: VmFacts) -> bool:
    """True if the guest takes up a new partition by itself, where the list of SuperNodes changes."""
    context = vm.context or {}
    by_hand = any(context.get(key, "").strip() for key in NODE_CONFIG_KEYS)
    return context.get(FOLLOW, "").strip().upper() == "YES" and not by_hand


def stage(vm: VmFacts) -> str:
    """The step that the guest is at, as it says; empty where it says nothing, or is READY."""
    return "" if vm.is_ready else _report(vm, STAGE)


def error(vm: VmFacts) -> str:
    """Why the guest can't go on, as it says; empty where it says nothing."""
    return _report(vm, ERROR)


def says_no(vm: VmFacts) -> bool:
    """True if the guest says that Flower does not run. Beside READY=YES it may be a word of old: `is_down`."""
    return any(published(vm).get(key) == "NO" for key in OWN_READY.values())


def is_down(vm: VmFacts) -> bool:
    """True if the guest says that Flower does not run any more, though it was READY once, which stays.

    Only of a guest that takes back what is over.
    """
    return vm.is_ready and says_stages(vm) and says_no(vm)


def says_stages(vm: VmFacts) -> bool:
    """True if the guest is one that tells each of its steps: it also tries again by itself."""
    return STAGE in (vm.user_template or {})


def doing(vm: VmFacts) -> str:
    """Error or stage, for a cell of a table."""
    return error(vm) or stage(vm)


def stage_for(vm: VmFacts, now: float) -> str:
    """`installing Flower 1.25.0 for 00:42`; `now` in Unix seconds. Without the time where the clocks differ."""
    text = (vm.user_template or {}).get(SINCE, "")
    begun = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    step = stage(vm)
    return f"{step} for {duration(now - begun)}" if step and 0 < begun <= now else step


def _report(vm: VmFacts, key: str) -> str:
    text = one_line((vm.user_template or {}).get(key, "").strip())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
