"""The actions on a service and their keys, said once for screens, footers, buttons and texts."""

from __future__ import annotations

SCALE, RESTART, RECOVER, DELETE, CONNECT, SUPERLINK, WHY = (
    "scale",
    "restart_stale",
    "recover",
    "delete",
    "connect",
    "superlink",
    "why",
)
"""Actions on a service, by the names of their keys' actions."""

CHANGING = (SCALE, RESTART, RECOVER, DELETE)
"""Those that change something in the cloud."""

KEYS = {
    SCALE: ("s", "Scale"),
    RESTART: ("t", "Restart stale"),
    RECOVER: ("o", "Recover"),
    DELETE: ("x", "Delete"),
    CONNECT: ("c", "Connect"),
    SUPERLINK: ("l", "SuperLink"),
    WHY: ("y", "Diagnosis"),
}
"""Key and name of each."""
