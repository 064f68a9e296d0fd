"""Write the JSON Schema of the preset file beside the shipped presets."""

from __future__ import annotations

from pathlib import Path

from wizard.core.plan.preset_schema import FILE, schema_text

if __name__ == "__main__":
    (Path(__file__).resolve().parents[1] / "presets" / FILE).write_text(schema_text(), encoding="utf-8")
