"""The table of VMs where OneFlow lists nodes without a VM: each has its row in its place, the others keep theirs."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult

from tests.core.services import service, vm
from wizard.core.opennebula.service_document import decode_service
from wizard.core.views.rows import vm_rows
from wizard.tui.widgets.vm_table import VmTable


class Tables(App[None]):
    def compose(self) -> ComposeResult:
        yield VmTable()


def shown(table: VmTable) -> list[tuple[str, str, str]]:
    """Index, number and state of each row, from the top."""
    rows = [[str(cell).strip() for cell in table.get_row_at(place)] for place in range(table.row_count)]
    names = [str(key.value) for key in table.columns]
    return [tuple(row[names.index(name)] for name in ("index", "vm", "state")) for row in rows]  # type: ignore[misc]


def document(*roles: tuple[str, list[Any]]) -> Any:
    body = {
        "state": 2,
        "roles": [{"name": name, "nodes": [{"deploy_id": item} for item in ids]} for name, ids in roles],
    }
    return {"DOCUMENT": {"ID": "7", "NAME": "x", "TEMPLATE": {"BODY": body}}}


async def test_each_lost_node_has_a_row_in_its_place() -> None:
    app = Tables()
    async with app.run_test(size=(120, 30)):
        table = app.query_one(VmTable)
        table.show(vm_rows(service([vm(2), vm(3), vm(4)])))
        found = decode_service(document(("superlink", [None]), ("supernode", [None, 3, None, 4])))
        table.show(vm_rows(found))
        lost = [("link", "-", "✗ LOST"), ("0", "-", "✗ LOST"), ("1", "3", "?"), ("2", "-", "✗ LOST"), ("3", "4", "?")]
        assert shown(table) == lost
        table.move_cursor(row=2)
        assert table.marked() == 3
