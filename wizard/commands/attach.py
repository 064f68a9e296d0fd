"""`attach`: straight to the dashboard of a service."""

from __future__ import annotations

from typing import Any

import click

from wizard.commands.completing import service_names
from wizard.commands.options import connection_options, example, screen_options


@click.command(short_help="Show the dashboard of a service.", epilog=example("flowerneb-wizard attach 42"))
@click.argument("service", shell_complete=service_names)
@connection_options
@screen_options
@click.pass_context
def attach(context: click.Context, /, service: str, **screen: Any) -> int:
    """Show the dashboard of SERVICE, given by name or id.

    A deployment runs in OneFlow: it goes on whether or not somebody watches.
    """
    from wizard.commands.interactive import open_wizard

    return open_wizard(context, attach=service, **screen)
