"""Rehearsals with real Flower: collected where `make test-flower` names the versions, whose environments it made."""

from __future__ import annotations

import os

VERSIONS = os.environ.get("FLOWER_VERSIONS", "").split()
collect_ignore_glob = [] if VERSIONS else ["test_*.py"]
# The guide is written with the version that a preset has unless told otherwise.
collect_ignore = [] if "1.25.0" in VERSIONS else ["test_guide.py"]
