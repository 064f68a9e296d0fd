"""The state of one session of the wizard: the draft, its origin, and the cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wizard.cloud.errors import CloudError
from wizard.core.plan.contract import Level, Meaning
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan, Registration
from wizard.core.plan.preset import Preset

if TYPE_CHECKING:
    from wizard.cloud.answers import Connection
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.core.plan.dialect import Dialect
    from wizard.core.plan.problem import Problem
    from wizard.core.preflight.checks import Finding
    from wizard.core.preflight.facts import CloudObject
    from wizard.operations.prepare import Prepared
    from wizard.storage.journal import Journal

FRESH = 30.0
"""Seconds for which the answer of a preflight counts: what is deployed later is held against the cloud again."""


@dataclass(frozen=True)
class Preflight:
    """The findings about one plan, and when they were made, in Unix seconds."""

    plan: Plan
    findings: tuple[Finding, ...]
    at: float


@dataclass(frozen=True)
class Listing:
    """Objects of one kind in the cloud; `error` where they could not be listed. Typing an id works all the same."""

    objects: tuple[CloudObject, ...] = ()
    error: CloudError | None = None
    asked: bool = False

    @property
    def known(self) -> tuple[CloudObject, ...] | None:
        """The objects; None where they could not be listed, or were not asked for."""
        return self.objects if self.asked and self.error is None else None

    def name_of(self, reference: str) -> str | None:
        """The name that belongs to an id, None where the id is not in the list."""
        return next((item.name for item in self.objects if str(item.id) == reference.strip()), None)


@dataclass
class Session:
    """The draft plan with its origin, and what is known of the cloud. `connect` makes the client, or raises."""

    connect: Callable[[], Cloud]
    clock: Callable[[], float]
    plan: Plan = field(default_factory=Plan)
    preset_name: str = ""
    title: str = ""
    about: str = ""
    kept: Plan = field(default_factory=Plan)
    cloud: Cloud | None = None
    connection: Connection | None = None
    error: CloudError | None = None
    vm_templates: Listing = field(default_factory=Listing)
    networks: Listing = field(default_factory=Listing)
    service_id: int | None = None
    services: tuple[ServiceSnapshot, ...] = ()
    """The Flower services of the cloud, as they were seen last."""
    keeps: bool = False
    """Whether what is seen of services is kept for later sessions."""
    logs: Callable[[int], str] | None = None
    """What the processes of a VM printed, where they are ours: a rehearsal's."""
    remark: str = ""
    """What is to be known of the cloud beside its address, such as that it is a sandbox."""
    read_only_reason: str = ""
    """A sentence: why nothing in the cloud may be changed; empty where it may."""
    sending: bool = False
    """A deployment is on its way to the cloud: nobody knows yet which service it makes."""
    registration: Registration = Registration.NEW
    """The operator's choice for a registered template that has the name of the draft and other content."""
    prepared: Prepared | None = None
    """The latest preparation; it holds while neither the draft nor the choice is another one."""
    _preparing: threading.Lock = field(default_factory=threading.Lock)
    preflight: Preflight | None = None
    """The latest preflight, of whatever plan."""
    _looking: threading.Lock = field(default_factory=threading.Lock)
    deployed: Plan | None = None
    """The plan of the last deployment that OneFlow took: there is no draft of it to keep any more."""

    def journals(self, cloud: Cloud) -> Callable[[ServiceSnapshot], Journal] | None:
        """Opens the journal of a service of this cloud; None where nothing is kept."""
        from wizard.storage.journal import Journal

        return (lambda seen: Journal.of(cloud.where, seen.id, seen.start_time)) if self.keeps else None

    def open(self, preset: Preset, name: str) -> None:
        """Begin from a preset."""
        self.plan = self.kept = preset.plan
        self.registration = Registration.NEW
        self.preset_name, self.title, self.about = name, preset.title, preset.about
        self.fill_in_vm_templates()

    def take_up(self, preset: Preset, name: str) -> None:
        """Go on with the draft of an earlier session, which no preset holds."""
        self.plan, self.kept = preset.plan, Plan(preset.plan.contract)
        self.preset_name, self.title, self.about = name, preset.title, preset.about
        self.fill_in_vm_templates()

    def change(self, path: str, text: str) -> bool:
        """Set one field; whether that changed anything."""
        before = self.plan
        self.plan = before.with_text(path, text)
        if self.plan.name != before.name:
            self.registration = Registration.NEW
        return self.plan != before

    @property
    def dialect(self) -> Dialect:
        """Dialect of the connected OpenNebula; that of 7.x, where none is connected."""
        from wizard.core.plan.dialect import Dialect

        return Dialect.of_version(self.connection.version if self.connection else None)

    @property
    def ready(self) -> Prepared | None:
        """The draft with its documents as they will be sent; None until `prepare` has made them for it."""
        prepared = self.prepared
        if prepared is None or prepared.draft != self.plan or prepared.registration is not self.registration:
            return None
        return prepared

    def preview(self) -> Prepared:
        """The documents of the draft: as they will be sent, or as far as they are known without asking the cloud."""
        from wizard.operations.prepare import Listings, contexts_in, find_in, preview

        listings = Listings(vm_templates=self.vm_templates.known, networks=self.networks.known)
        known = self.vm_templates.known
        contexts = None if known is None else contexts_in(known)
        return self.ready or preview(self.plan, self.dialect, find_in(listings), contexts=contexts)

    def prepare(self) -> Prepared:
        """The documents of the draft as they will be sent, made once. Blocks; raises InvalidPlan and CloudError."""
        from wizard.operations.prepare import Listings, prepare

        with self._preparing:
            if (ready := self.ready) is not None:
                return ready
            version = self.connection.version if self.connection else ""
            listings = Listings(version=version or None)
            self.prepared = prepared = prepare(self.plan, self.reach(), None, self.registration, listings)
            return prepared

    @property
    def findings(self) -> tuple[Finding, ...] | None:
        """What the preflight found about the draft as it is now; None where it was not held against the cloud."""
        found = self.preflight
        return found.findings if found is not None and found.plan == self.plan else None

    @property
    def is_fresh(self) -> bool:
        """True if the draft was held against the cloud a moment ago."""
        found = self.preflight
        return found is not None and found.plan == self.plan and 0 <= self.clock() - found.at < FRESH

    def hold_against_cloud(self, *, anew: bool = False) -> None:
        """The preflight of the draft, unless there is a fresh one. Blocks; raises CloudError without a login.

        Who asks while another one does waits for that answer.
        """
        from wizard.operations.deploy import preflight

        asked_at = self.clock()
        with self._looking:
            before = self.preflight
            if self.is_fresh and (not anew or (before is not None and before.at > asked_at)):
                return
            plan = self.plan
            self.preflight = Preflight(plan, preflight(plan, self.reach()).findings, self.clock())

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that the rules find in the draft."""
        # Home, which is painted first, shows none of them.
        from wizard.operations.prepare import check

        return check(self.plan, self.dialect)

    @property
    def unsaved(self) -> bool:
        """True if leaving would lose something that was typed."""
        return self.plan != self.kept

    def preset(self) -> Preset:
        """The draft as a preset, ready to be saved."""
        return Preset(self.plan, self.title, self.about)

    def reach(self) -> Cloud:
        """The client, made when it is first needed. Blocks; raises CloudError where no login is found."""
        if self.cloud is None:
            self.cloud = self.connect()
        return self.cloud

    def look_up(self) -> None:
        """Ask the cloud who we are and what it has. Blocks; failures are kept, not raised."""
        try:
            cloud = self.reach()
        except CloudError as error:
            self.error, self.connection = error, None
            return
        self.error = None
        self.connection = cloud.connection()
        if self.connection.oned_error is None:
            self.vm_templates = _listing(cloud.pools.vm_templates)
            self.networks = _listing(cloud.pools.networks)

    def fill_in_vm_templates(self) -> None:
        """Choose the VM templates that the contract names, where none is chosen and the cloud has exactly one."""
        was_kept = self.plan == self.kept
        for role in self.plan.contract.roles:
            item = self.plan.contract.meaning(Meaning.VM_TEMPLATE, role.level)
            named = [vm for vm in self.vm_templates.objects if vm.name == role.vm_template_name]
            if item and not self.plan.text(item.path).strip() and len(named) == 1:
                self.plan = self.plan.with_text(item.path, str(named[0].id))
        if was_kept:
            self.kept = self.plan

    @property
    def lacks_appliance(self) -> bool:
        """True if the cloud is known to have no VM template of the name that the presets look for."""
        known = self.vm_templates.known
        names = {role.vm_template_name for role in SEED.roles}
        return known is not None and not any(item.name in names for item in known)

    @property
    def makes_appliance(self) -> bool:
        """True if its VM templates are lacking and may be made."""
        return self.lacks_appliance and not self.read_only_reason

    def list_again(self, meaning: Meaning | None) -> Listing | None:
        """Ask the cloud again what a field may be picked from. Blocks; a failure stands in the answer, and what was
        known before stays known."""
        try:
            cloud = self.reach()
        except CloudError as error:
            return Listing(error=error, asked=True)
        if meaning is Meaning.VM_TEMPLATE:
            found = _listing(cloud.pools.vm_templates)
            self.vm_templates = self.vm_templates if found.error and self.vm_templates.objects else found
        elif meaning is Meaning.NETWORK:
            found = _listing(cloud.pools.networks)
            self.networks = self.networks if found.error and self.networks.objects else found
        else:
            return None
        return found

    def listing(self, meaning: Meaning | None) -> Listing | None:
        """Listing that a field may be picked from; None for a field that is typed."""
        if meaning is Meaning.VM_TEMPLATE:
            return self.vm_templates
        return self.networks if meaning is Meaning.NETWORK else None

    def role_count(self) -> int | None:
        """Number of VMs that the plan makes in all, None while that is no number."""
        from wizard.core.plan.rules import whole_number

        count = whole_number(self.plan.meant(Meaning.CARDINALITY, Level.SUPERNODE))
        return None if count is None else count + 1


def _listing(ask: Callable[[], Sequence[CloudObject]]) -> Listing:
    try:
        return Listing(tuple(ask()), asked=True)
    except CloudError as error:
        return Listing(error=error, asked=True)
