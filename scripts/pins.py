"""Print the versions of a requirements file as constraints, without hashes: `python scripts/pins.py FILE`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PIN = re.compile(r"^([A-Za-z0-9_.-]+==[^ \\]+(?: ; [^\\]+)?)", re.MULTILINE)

if __name__ == "__main__":
    for pin in PIN.findall(Path(sys.argv[1]).read_text(encoding="utf-8")):
        print(pin.strip())
