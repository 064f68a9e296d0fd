"""The strip: which parts of the data are trained on now, once, more than once, or by nobody."""

from __future__ import annotations

from textual.content import Content

from wizard.core.coverage import coverage, strip, summary
from wizard.core.snapshot import SUPERNODE, ServiceSnapshot

WIDTH = 40


def shards_line(snapshot: ServiceSnapshot) -> Content:
    """The strip with its sentence; nothing while no SuperNode is there or the service is gone."""
    role = snapshot.role(SUPERNODE)
    if snapshot.gone or role is None or not any(node.vm is not None and node.vm.running for node in role.nodes):
        return Content()
    found = coverage(snapshot)
    style = "$text-success" if found.whole else "bold $text-warning"
    said = "every part once" if found.whole else summary(found)
    return Content("shards ") + Content.styled(f"[{strip(found, WIDTH)}]", style) + Content(f" {said}")
