"""Acts on a cloud: prepare, deploy, scale, recover, restart, remove and watch a service.

Each action is sent once. Where its answer gets lost, the cloud is looked at before anything is said or sent again.
What an action will do is known beforehand, in `core.preview`; whether it came about is found out here.
"""

from __future__ import annotations
