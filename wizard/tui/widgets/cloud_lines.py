"""A VM template or a network as a line of a list, and in full under it."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size

from wizard.core.preflight.facts import CloudObject, Network, VmTemplate
from wizard.core.preflight.templates import lacking
from wizard.core.text import NOTHING, one_line

_NAME, _OWNER = 26, 11


def heading(item: CloudObject) -> str:
    """What stands over the columns of `line`."""
    facts = ""
    if isinstance(item, VmTemplate):
        facts = f"{'CPU':>4} {'MB':>7}  CONTEXT"
    elif isinstance(item, Network):
        facts = f"{'free':>6} of {'all':>6}"
    return f"{'id':>6}  {_cut('name', _NAME)}  {_cut('owner', _OWNER)} {facts}"


def line(item: CloudObject, wanted: Mapping[str, str]) -> str:
    """The columns; `wanted` is the contract's CONTEXT."""
    facts = ""
    if isinstance(item, VmTemplate):
        missing = lacking(wanted, item.context)
        context = f"lacks {len(missing)}" if missing else "ok"
        facts = f"{_amount(item.cpu):>4} {_amount(item.memory):>7}  {context}"
    elif isinstance(item, Network):
        facts = f"{_number(item.free):>6} of {_number(item.size):>6}" + ("  full" if item.free == 0 else "")
    return f"{item.id:>6}  {_cut(item.name, _NAME)}  {_cut(item.owner, _OWNER)} {facts}"


def detail(item: CloudObject, wanted: Mapping[str, str]) -> str:
    """Everything that is known, in a few lines."""
    who = f"{item.name} · {item.owner}{f':{item.group}' if item.group else ''}"
    if isinstance(item, VmTemplate):
        disks = f"disk from {', '.join(map(str, item.images))}" if item.images else "no image"
        body = f"CPU {_amount(item.cpu)} · {_amount(item.memory)} MB · {disks}"
        missing = lacking(wanted, item.context)
        if missing:
            context = (
                f"CONTEXT: {', '.join(missing)}. The service switches it on, but a VM template without it seldom "
                "holds the Flower appliance."
            )
        else:
            asked = [key for key, value in wanted.items() if value == "YES"]
            context = f"CONTEXT has {', '.join(asked)}"
        return "\n".join(one_line(text) for text in (who, body, context))
    if isinstance(item, Network):
        if item.free is None:
            leases = "how many leases are free is not told"
        elif item.free == 0:
            leases = f"all {item.size} leases are taken: no VM can start in it"
        else:
            leases = f"{item.free} of {item.size} leases are free; a cluster takes one a VM"
        return "\n".join(one_line(text) for text in (who, leases))
    return one_line(who)


def searched(item: CloudObject) -> str:
    """What a filter is held against, in small letters."""
    images = " ".join(map(str, item.images)) if isinstance(item, VmTemplate) else ""
    return one_line(f"{item.id} {item.name} {item.owner} {images}").lower()


def _cut(text: str, width: int) -> str:
    text = one_line(text)
    return set_cell_size(text, width - 1) + "…" if cell_len(text) > width else set_cell_size(text, width)


def _amount(number: float | None) -> str:
    return NOTHING if number is None else f"{number:.15g}"


def _number(number: int | None) -> str:
    return NOTHING if number is None else str(number)
