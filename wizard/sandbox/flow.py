"""OneFlow's inside: its services, its waits, its watchdog, and the steps that all of them share."""

from __future__ import annotations

from wizard.sandbox.documents import Document
from wizard.sandbox.service import Service
from wizard.sandbox.waiting import EventManager
from wizard.sandbox.watchdog import Watchdog
from wizard.sandbox.world import WorldState


class Flow:
    """What every part of OneFlow's life cycle has at hand."""

    def __init__(self, world: WorldState) -> None:
        self.world = world
        self.events = EventManager(world)
        self.services: dict[int, Service] = {}
        self.watchdog = Watchdog(world, self.services)

    def adopt(self, document: Document) -> Service:
        """Take a new service into OneFlow's hands."""
        service = Service(document, self.world.seconds)
        self.services[service.sid] = service
        return service

    def forget(self, service: Service) -> None:
        """Remove a service's document; whatever still runs is nobody's."""
        service.gone = True
        self.events.cancel(service.sid)
        self.services.pop(service.sid, None)
        self.world.documents.remove(service.sid)
