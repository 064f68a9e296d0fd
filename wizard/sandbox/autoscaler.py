"""OneFlow's autoscaler, as far as it acts on its own: it refills roles that fell below their minimum."""

from __future__ import annotations

from wizard.sandbox.flow import Flow
from wizard.sandbox.scaling import Scaling
from wizard.sandbox.service import RUNNING, Service
from wizard.sandbox.undeployment import Refusal


class Autoscaler:
    """Looks at every RUNNING service in rounds."""

    def __init__(self, flow: Flow, scaling: Scaling) -> None:
        self._flow = flow
        self._scaling = scaling

    def start(self) -> None:
        """Plan the first round, if this world has any."""
        if self._flow.world.plan.autoscaler > 0:
            self._flow.world.after(self._flow.world.plan.autoscaler, self._round)

    def _round(self) -> None:
        for service in list(self._flow.services.values()):
            if service.state == RUNNING:
                self._refill(service)
        self.start()

    def _refill(self, service: Service) -> None:
        for role in service.roles.values():
            low = int(role.body.get("min_vms") or 0)
            if role.cardinality >= low:
                continue
            # The server takes the cooldown of every role that it means to refill away for good ...
            role.body["cooldown"] = 0
            service.publish()
            try:
                self._scaling.scale(service, role.name, low, force=False)
            except Refusal:
                # ... but the first refill bars all others until the next round.
                continue
