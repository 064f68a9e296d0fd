"""The client of an OpenNebula, in parts; which server answers what is nobody else's business."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.cloud.answers import Connection
from wizard.cloud.errors import CloudError
from wizard.cloud.facts import Gathering
from wizard.cloud.servers import Servers
from wizard.cloud.services import Services
from wizard.cloud.templates import Pools, Templates
from wizard.cloud.vms import Vms
from wizard.core.plan.plan import Plan
from wizard.core.preflight.facts import CloudFacts

if TYPE_CHECKING:
    from wizard.cloud.login import Login
    from wizard.core.preflight.facts import Host


class Cloud:
    """An OpenNebula: its `services`, service `templates`, `vms`, and the `pools` of VM templates and networks.

    One call to each server at a time; every method blocks and raises CloudError. `timeout` in seconds for each request,
    `clock` gives Unix seconds and stamps the snapshots.
    """

    def __init__(self, login: Login, *, timeout: float = 10.0, clock: Callable[[], float] = time.time) -> None:
        self._login = login
        self._servers = Servers(login, timeout)
        self.vms = Vms(self._servers, clock)
        self.services = Services(self._servers, self.vms, clock)
        self.templates = Templates(self._servers, clock)
        self.pools = Pools(self._servers)

    def close(self) -> None:
        """Close all connections."""
        self._servers.close()

    @property
    def where(self) -> str:
        """Name of this cloud and this user, for files that are kept about it."""
        return f"{self._login.username} at {self._login.oneflow_url}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password of this login, as it is and as HTTP sends it."""
        password = self._login.password.get_secret_value()
        sent = base64.b64encode(f"{self._login.username}:{password}".encode()).decode("ascii")
        return password, sent

    @property
    def oneflow_url(self) -> str:
        """Address of OneFlow."""
        return self._login.oneflow_url

    @property
    def oned_url(self) -> str:
        """Address of oned."""
        return self._login.oned_url

    def connection(self) -> Connection:
        """Ask both servers who we are. What fails stands in the answer; nothing is raised."""
        login = self._login
        found = Connection(login.oneflow_url, login.oned_url, login.username)
        try:
            version, user = self._servers.ask_oned(lambda oned: (oned.version(), oned.user()))
            found = replace(found, version=version, user_id=user.id, username=user.name or login.username)
        except CloudError as error:
            found = replace(found, oned_error=error)
        try:
            found = replace(found, services=self.services.list())
        except CloudError as error:
            found = replace(found, oneflow_error=error)
        return found

    def version(self) -> str:
        """OpenNebula's version, such as `7.5.80`."""
        return self._servers.ask_oned(lambda oned: oned.version())

    def hosts(self) -> tuple[Host, ...]:
        """The hosts that we may see, with what is used of them: none where they may not be seen. One request."""
        return self._servers.ask_oned(lambda oned: oned.hosts())

    def facts(self, plan: Plan) -> CloudFacts:
        """Facts for a preflight, each asked for by itself; what fails is kept as a fact, and nothing is raised."""
        login = self._login
        return Gathering(plan, self._servers.ask_oned, self.templates.list, self.services.list).facts(
            login.oneflow_url, login.oned_url, login.username
        )
