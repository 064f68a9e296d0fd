"""The strip: which parts of the data are trained on now, once, more than once, or by nobody."""

from __future__ import annotations

from textual.content import Content

from wizard.core.cluster.coverage import Coverage, strip, summary

WIDTH = 40


def shards_line(found: Coverage | None) -> Content:
    """The strip with its sentence; nothing where there is none."""
    if found is None:
        return Content()
    style = "$text-success" if found.whole else "bold $text-warning"
    said = "every part once" if found.whole else summary(found)
    return Content("shards ") + Content.styled(f"[{strip(found, WIDTH)}]", style) + Content(f" {said}")
