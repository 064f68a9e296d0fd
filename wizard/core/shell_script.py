"""A deployment as the commands that OpenNebula's own tools need for it."""

from __future__ import annotations

import re
import shlex

_HEREDOC = "END_OF_JSON"


def shell_script(name: str, template: str, merge_template: str) -> str:
    """A script for `sh` that registers the template and instantiates it with `oneflow-template`.

    The texts are the JSON that is shown and sent; nothing in them is expanded by the shell.
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.").lower()[:80] or "service"
    files = [(f"{stem}.template.json", template), (f"{stem}.instantiation.json", merge_template)]
    parts = ["#!/bin/sh", f"# Registers and instantiates {_in_a_comment(name)}.", "set -e", ""]
    for path, text in files:
        end = _end(text)
        parts += [f"cat > {shlex.quote(path)} <<'{end}'", text.rstrip("\n"), end, ""]
    first, second = (shlex.quote(path) for path, _ in files)
    parts.append(f"template=$(oneflow-template create {first} | sed -n 's/^ID: *//p')")
    parts.append(f'oneflow-template instantiate "$template" {second}')
    return "\n".join(parts) + "\n"


def _end(text: str) -> str:
    lines = set(text.splitlines())
    end = _HEREDOC
    while end in lines:
        end += "_"
    return end


def _in_a_comment(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name)
