"""The table of VMs."""

from __future__ import annotations

import time

from wizard.core.cluster.partitions import Sync
from wizard.core.opennebula.snapshot import SUPERLINK
from wizard.core.text import NOTHING, UNSET
from wizard.core.views.badges import badge
from wizard.core.views.glossary import CELLS, READY, SOURCES, SYNCS
from wizard.core.views.rows import VmRow
from wizard.tui.help import Passage, terms
from wizard.tui.widgets.lines import badge_color
from wizard.tui.widgets.table import Table
from wizard.tui.widgets.table_columns import Column

_WRONG = {Sync.STALE.value: "warning", Sync.COLLISION.value: "error", Sync.NONE.value: "warning"}


def _ready(text: str) -> str:
    return "success" if text == "YES" else "muted" if text == UNSET else "warning"


def _since(moment: int) -> str:
    """Time at which the VM was made, as OpenNebula's lists write it.

    Unlike an age it never changes by itself, and an idle table sends nothing to the terminal.
    """
    return time.strftime("%m/%d %H:%M", time.localtime(moment)) if moment else NOTHING


COLUMNS: tuple[Column[VmRow], ...] = (
    Column(
        "index",
        "idx",
        lambda row: "link" if row.role == SUPERLINK else f"{row.index:>3}",
        "position in OneFlow's list of the role's VMs, from 0; link is the SuperLink",
        least=4,
        order=lambda row: -1 if row.role == SUPERLINK else row.index,
    ),
    Column("vm", "VM", lambda row: row.number, "id of the VM, as `onevm show` takes it", least=4),
    Column("ip", "IP", lambda row: row.ip, "address of its first NIC", rank=2, least=11),
    Column("host", "host", lambda row: row.host, "host that it runs on", rank=7, least=8, most=24),
    Column(
        "state",
        "state",
        lambda row: str(badge(row.state)),
        "as `onevm` names it; RUNNING is the VM, not yet Flower in it. ...FAILURE: oned has given up on it; "
        "LOST: OneFlow lists a node and no VM for it",
        least=len("◐ BOOT_POWEROFF") + 2,
        most=26,
        color=badge_color,
    ),
    Column(
        "ready",
        "ready",
        lambda row: row.ready,
        "READY, as the guest reported it to OneGate",
        rank=1,
        color=_ready,
    ),
    Column("partition", "partition", lambda row: row.partition, "shard it trains on, of how many", rank=3),
    Column(
        "sync",
        "sync",
        lambda row: row.sync,
        "whether partition and position still agree",
        rank=3,
        least=7,
        color=lambda text: _WRONG.get(text, ""),
    ),
    Column(
        "guest",
        "guest",
        lambda row: row.doing,
        "what its guest does until it is READY (FL_STAGE), or why it can't (FL_ERROR); where one says so",
        rank=4,
        least=10,
        most=44,
        spare=True,
    ),
    Column("by", "assigned by", lambda row: row.assigned_by, "how the partition is known", rank=8, most=24),
    Column("name", "name", lambda row: row.name, "name of the VM", rank=9, least=10),
    Column(
        "since", "since", lambda row: _since(row.since), "when the VM was made", 10, 11, order=lambda row: row.since
    ),
)


class VmTable(Table[VmRow]):
    """A row a VM."""

    def __init__(self) -> None:
        super().__init__("VMs", COLUMNS, lambda row: str(row.vm_id), "vms")
        self.keys = f"Enter open · {self.keys}"

    @staticmethod
    def legend() -> tuple[Passage, ...]:
        """Meanings of the columns and of the words in them."""
        first = min(column.rank for column in COLUMNS if column.rank > 3)
        columns = tuple(
            (column.heading, column.meaning + (" (on wider terminals)" if column.rank >= first else ""))
            for column in COLUMNS
        )
        return (
            Passage("The columns", terms=columns),
            Passage("ready", terms=terms(READY)),
            Passage("assigned by", terms=terms(SOURCES)),
            Passage("sync", terms=terms(SYNCS)),
            Passage("In any column", terms=terms(CELLS)),
        )

    def show(self, rows: tuple[VmRow, ...], *, gone: bool = False) -> None:
        """Draw the rows; only what differs from what stands there is written. `gone`: the service is."""
        stale = sum(row.sync == Sync.STALE.value for row in rows)
        self.fill(rows, f", stale {stale}" if stale else ", none is left" if gone else "")

    def marked(self) -> int | None:
        """The id of the VM under the cursor."""
        key = self.marked_key()
        return int(key) if key is not None else None
