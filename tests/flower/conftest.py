"""Rehearsals with real Flower: collected where `make test-flower` names the versions, whose images it has made."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("FLOWER_VERSIONS") else ["test_*.py"]
