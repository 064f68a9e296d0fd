"""The sandbox: a world, its clock, and the three servers on loopback."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType

from wizard.sandbox.blueprint import ExistingService, World
from wizard.sandbox.clock import ManualClock, RunningClock
from wizard.sandbox.event_bus import Publisher
from wizard.sandbox.folder import PrivateFolder
from wizard.sandbox.guests import HttpGate, scripted_guest
from wizard.sandbox.http import Faults, LoggedRequest, LoopbackServer, SharedState
from wizard.sandbox.oned.api import Oned
from wizard.sandbox.oned.documents import SERVICE
from wizard.sandbox.oneflow.api import OneFlow
from wizard.sandbox.oneflow.flow import Flow
from wizard.sandbox.oneflow.routes import ServiceRoutes, TemplateRoutes
from wizard.sandbox.oneflow.scaling import Autoscaler
from wizard.sandbox.oneflow.service import RUNNING
from wizard.sandbox.onegate import OneGate
from wizard.sandbox.world import GuestFactory, WorldState
from wizard.sandbox.worlds import VERSIONS, WORLDS


class Sandbox:
    """A cloud to practise on. Use it as a context manager, or call `start` and `stop`."""

    def __init__(
        self,
        world: str | World = "default",
        *,
        latency: float = 0.3,
        speed: float = 1.0,
        clock: ManualClock | None = None,
        guests: GuestFactory = scripted_guest,
        version: str | None = None,
        publishes: bool = False,
    ) -> None:
        """`world` is a World, or the name of one in `worlds.WORLDS`; `version` a key of `VERSIONS`, else the world's.

        `latency` is added to each authenticated OneFlow call, in seconds of wall time.
        `speed` is sandbox seconds per wall second, unless a `clock` is given.
        `guests` makes the guest of each VM.
        `publishes` says what happens as OpenNebula's hook manager does; `environment` then has ONE_ZMQ.
        """
        plan = WORLDS[world] if isinstance(world, str) else world
        plan = replace(plan, version=VERSIONS[version]) if version else plan
        self.clock = clock if clock is not None else RunningClock(speed)
        self.world = WorldState(plan, self.clock, guests)
        self.username = plan.operator
        self.password = self.world.accounts.password(plan.operator)
        self._shared = SharedState()
        self._flow = Flow(self.world)
        self._services = ServiceRoutes(self._flow)
        self._templates = TemplateRoutes(self._flow, self._services.deployment)
        self._onegate = OneGate(self.world)
        self._oneflow = OneFlow(self.world, self._services, self._templates, latency)
        self._servers: dict[str, LoopbackServer] = {}
        self._gate: HttpGate | None = None
        self._publishes = publishes
        self._publisher: Publisher | None = None
        self._folder: PrivateFolder | None = None

    @property
    def faults(self) -> Faults:
        """The faults of the network that tests plan."""
        return self._shared.faults

    @property
    def requests(self) -> list[LoggedRequest]:
        """All requests so far, those of guests included, without secrets."""
        return self._shared.log

    @property
    def oneflow_url(self) -> str:
        """The URL of OneFlow, e.g. http://127.0.0.1:41234."""
        return self._server("oneflow").url

    @property
    def oned_url(self) -> str:
        """The URL of oned, e.g. http://127.0.0.1:41235/RPC2."""
        return f"{self._server('oned').url}/RPC2"

    @property
    def onegate_url(self) -> str:
        """The URL of OneGate, e.g. http://127.0.0.1:41236."""
        return self._server("onegate").url

    def password_of(self, user: str) -> str:
        """The password of any user of this world; KeyError when there is none."""
        return self.world.accounts.password(user)

    def environment(self) -> dict[str, str]:
        """The environment variables that direct OpenNebula's tools, and ours, to the sandbox.

        ONE_AUTH is a file that only its owner may read, in a folder that `stop` removes.
        """
        if self._folder is None:
            raise RuntimeError("the sandbox does not run")
        return {
            "ONE_XMLRPC": self.oned_url,
            "ONEFLOW_URL": self.oneflow_url,
            "ONEFLOW_USER": self.username,
            "ONEFLOW_PASSWORD": self.password,
            "ONE_AUTH": str(self._folder.path / "one_auth"),
            **({"ONE_ZMQ": self._publisher.url} if self._publisher else {}),
        }

    def start(self) -> Sandbox:
        """Open the ports, deploy the services that exist already, and start the clock."""
        apps = (self._oneflow, Oned(self.world), self._onegate)
        self._servers = {app.name: LoopbackServer(app, self._shared) for app in apps}
        self.world.onegate_url = self.onegate_url
        self._folder = PrivateFolder()
        self._folder.write("one_auth", f"{self.username}:{self.password}\n")
        self._deploy_existing()
        self._gate = HttpGate(self._server("onegate").server_port, self._onegate.token)
        self.world.gate = self._gate
        self._publisher = Publisher(self._flow) if self._publishes else None
        for server in self._servers.values():
            server.start()
        self.clock.start()
        return self

    def stop(self) -> None:
        """Close all servers, hanging requests included, and remove the private folder."""
        self._shared.stopping.set()
        self._oneflow.stop()
        for server in self._servers.values():
            server.stop()
        self.clock.stop()
        if self._publisher is not None:
            self._publisher.stop()
        if self._gate is not None:
            self._gate.close()
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _server(self, name: str) -> LoopbackServer:
        if name not in self._servers:
            raise RuntimeError("the sandbox does not run")
        return self._servers[name]

    def _deploy_existing(self) -> None:
        """Register and deploy what exists at the start, at its age, by the same steps as everything later."""
        plan = self.world.plan
        owner = self.world.accounts.named(plan.operator)
        for template in plan.service_templates:
            self._templates.register(owner, self._flow.release.of_world(template))
        present = self.clock.now()
        if plan.services:
            self.clock.step_back(max(service.age for service in plan.services))
        Autoscaler(self._flow, self._services.scaling).start()
        self.world.gate = self._onegate
        for existing in sorted(plan.services, key=lambda service: -service.age):
            self.clock.advance_to(present - existing.age)
            self._deploy(existing)
        self.clock.advance_to(present)

    def _deploy(self, existing: ExistingService) -> None:
        owner = self.world.accounts.named(self.world.plan.operator)
        template = self._templates.register(owner, self._flow.release.of_world(existing.template))
        body = self._flow.release.service(template.body(), dict(existing.merge), self.world.seconds())
        document = self.world.documents.allocate(owner, SERVICE, body["name"], body)
        self._services.deployment.begin(document)
        service = self._flow.services[document.did]
        for _ in range(int(existing.age)):
            if service.state == RUNNING:
                break
            self.clock.advance(1.0)
        vms = [vm for vm in self.world.vms if vm.service == service.sid]
        for vm, name in zip(vms, existing.vm_names, strict=False):
            vm.name = name
        for role in existing.lost_roles:
            for vid in service.roles[role].node_ids:
                self.world.actions.act(self.world.vms[vid], "terminate-hard")
        self.clock.advance(10.0)
