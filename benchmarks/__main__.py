"""`make bench`: prints a row a measurement, with medians, each against a reference of the same run."""

from __future__ import annotations

from benchmarks import first_paint, refresh


def main() -> None:
    """Run every measurement and print the table."""
    for measure in (first_paint.rows, refresh.rows):
        for name, value in measure():
            print(f"{name:<62} {value}", flush=True)


if __name__ == "__main__":
    main()
