"""`python -m wizard`, and the program `flowerneb-wizard`."""

from __future__ import annotations

import gc
import sys

SELDOM = 50_000
"""New objects between two looks for garbage. Imports make many times as many, which all stay: to look among them after
each 700 takes a tenth of the start."""


def main() -> None:
    """Run the command line and end the process with its exit status."""
    gc.set_threshold(SELDOM)
    try:
        from wizard.cli.program import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    # The process ends: nothing that it leaves needs to be looked through once more.
    gc.freeze()
    sys.exit(status)


if __name__ == "__main__":
    main()
