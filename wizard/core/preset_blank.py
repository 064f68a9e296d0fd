"""A new preset file for an editor: every setting with its default and what it is about, commented out."""

from __future__ import annotations

import textwrap

from wizard.core.contract import Contract, Field, Level
from wizard.core.preset import FORMAT, as_toml, quoted
from wizard.core.preset_schema import DIRECTIVE
from wizard.core.seed import SEED

_WIDTH = 110


def blank(title: str, contract: Contract = SEED) -> str:
    """The text of a preset that says nothing yet; taking the `#` from a line changes that setting."""
    lines = [
        DIRECTIVE,
        "#",
        "# A preset of flowerneb-wizard. Every setting stands here with its default: take the # from a line to",
        "# change it, delete what you leave alone.",
        f"preset = {FORMAT}",
        "",
        f"title = {quoted(title)}",
        'about = ""',
        f"contract = {quoted(contract.name)}",
    ]
    for level in Level:
        lines += ["", f"[{level.value}]"]
        for item in contract.at(level):
            if not item.fixed_because:
                lines += ["", *_told(item), f"#{item.key} = {as_toml(item, item.input.default)}"]
    return "\n".join(lines) + "\n"


def _told(item: Field) -> list[str]:
    text = f"{item.input.description}. {item.help}"
    if item.input.options:
        text += f" One of {', '.join(item.input.options)}."
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]
