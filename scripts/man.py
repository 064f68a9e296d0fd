"""Write the man page, from the same source as `--help`: `python scripts/man.py [FILE]`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from wizard import __version__
from wizard.cli.program import PROGRAM, wizard

PLACE = Path(__file__).parents[1] / "man" / f"{PROGRAM}.1"

ENVIRONMENT = {
    "ONE_AUTH": "a file with one line user:password, else ~/.one/one_auth, else /var/lib/one/.one/one_auth",
    "ONEFLOW_USER, ONEFLOW_PASSWORD": "user and password, before any file",
    "ONE_XMLRPC": "oned, else ~/.one/one_endpoint, else /var/lib/one/.one/one_endpoint, else http://localhost:2633/RPC2",
    "ONEFLOW_URL": "OneFlow, else ~/.one/oneflow_endpoint, else http://localhost:2474",
    "ONE_ZMQ": "where OpenNebula publishes its events, else tcp://localhost:2101 on the frontend",
    "NO_COLOR": "if it is set and not empty, no colours are used",
}

FILES = {
    "~/.config/flowerneb-wizard/presets/": "presets of your own",
    "~/.config/flowerneb-wizard/settings.toml": "what was chosen last: the theme, how to be notified",
    "~/.local/state/flowerneb-wizard/": "drafts, what was seen of services, logs of rehearsals",
    "~/.cache/flowerneb-wizard/flower/": "the versions of Flower that rehearsals run",
    "~/.shiv/": "where the single file unpacks itself, elsewhere if SHIV_ROOT says so",
}

STATUSES = {
    "0": "done",
    "1": "failed otherwise",
    "2": "wrong usage or invalid input",
    "3": "credentials refused, or the cloud out of reach",
    "4": "no such object",
    "5": "the preflight failed",
    "6": "the deployment or action failed",
    "7": "timed out while waiting; the deployment goes on",
    "130": "interrupted",
}


def page() -> str:
    """The whole page in roff."""
    lines = [
        f'.TH {PROGRAM.upper()} 1 "" "{PROGRAM} {__version__}" "User Commands"',
        ".SH NAME",
        rf"{_text(PROGRAM)} \- bring up a Flower federated-learning cluster on OpenNebula",
        ".SH SYNOPSIS",
        rf".B {_text(PROGRAM)}",
        "[OPTIONS] [COMMAND [ARGS]...]",
        ".SH DESCRIPTION",
        *_paragraphs(wizard.help or ""),
        ".SH OPTIONS",
        *_options(wizard, PROGRAM),
        ".SH COMMANDS",
    ]
    for name, command in wizard.commands.items():
        lines += _command(f"{PROGRAM} {name}", command)
    for title, entries in (("EXIT STATUS", STATUSES), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
        lines.append(f".SH {title}")
        for term, told in entries.items():
            lines += [".TP", rf".B {_text(term)}", _text(told)]
    return "\n".join(lines) + "\n"


def _command(path: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    pieces = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
    yield from (f".SS {_text(f'{path} {pieces}'.strip())}", *_paragraphs(command.help or ""))
    yield from _options(command, path)
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _command(f"{path} {name}", inner)


def _options(command: click.Command, path: str) -> Iterator[str]:
    settings = wizard.context_settings | {"terminal_width": 4000, "max_content_width": 4000}
    context = click.Context(command, info_name=path, **settings)
    # Every command has the help option and those of the group; they stand once, under OPTIONS.
    for option in command.get_params(context) if command is wizard else command.params:
        record = option.get_help_record(context) if isinstance(option, click.Option) else None
        if record is None or (command is not wizard and option.name in _SHARED):
            continue
        yield from (".TP", rf".B {_text(record[0])}", _text(record[1]))


_SHARED = {option.name for option in wizard.params} - {"settings", "preset"}


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text.replace("\b", "").strip())):
        if number:
            yield ".PP"
        yield _text(" ".join(paragraph.split()))


def _text(words: str) -> str:
    escaped = words.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    place.parent.mkdir(exist_ok=True)
    place.write_text(page(), encoding="utf-8")
    print(place)
