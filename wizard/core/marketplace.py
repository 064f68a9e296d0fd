"""The marketplace contract, as data: what the community appliance "Service Flower FL" (Flower 1.31.0) understands.

It has no inputs at role level. Rounds and strategy belong to the Flower app and are given to `flwr run`; the Flower
version, the log level and the node config are settings of its VM templates.
"""

from __future__ import annotations

from wizard.core.contract import Contract, Field, Level, Meaning, RoleContract
from wizard.core.opennebula.user_inputs import InputType, UserInput
from wizard.core.shared_fields import DESCRIPTION, SHUTDOWN_ACTION, arranged, choice, text

_SERVICE_FIELDS = (
    Field(
        Level.SERVICE,
        text("name", "Name of the service", "Service Flower FL", mandatory=True),
        "Name",
        "The name of the service template and of the service, as `oneflow list` shows it. 1 to 128 characters.",
        meaning=Meaning.NAME,
        is_input=False,
    ),
    Field(
        Level.SERVICE,
        choice("ONEAPP_FL_FRAMEWORK", "Machine learning framework", ("pytorch", "tensorflow", "sklearn"), "pytorch"),
        "ML framework",
        "Which framework the SuperNodes have. A client app written for another one fails in its first round.",
        meaning=Meaning.FRAMEWORK,
    ),
    Field(
        Level.SERVICE,
        UserInput(
            "ONEAPP_FL_TLS_ENABLED",
            InputType.BOOLEAN,
            "Encrypt communication between SuperLink and SuperNodes",
            False,
            (),
            "YES",
        ),
        "TLS encryption",
        "With YES the SuperLink makes a CA of its own and publishes it; the SuperNodes fetch and trust it. With NO "
        "models travel in clear over the network of the VMs.",
        meaning=Meaning.TLS,
    ),
    Field(
        Level.SERVICE,
        text("network", "Network shared by all cluster VMs", mandatory=True),
        "Network",
        "The one network that all VMs join; this appliance has no other. SuperNodes must reach the SuperLink on it, "
        "and every VM must reach OneGate.",
        "name or id",
        Meaning.NETWORK,
        is_input=False,
    ),
    DESCRIPTION,
    SHUTDOWN_ACTION,
)

MARKETPLACE = Contract(
    name="marketplace",
    title="Service Flower FL",
    fields=arranged(_SERVICE_FIELDS),
    roles=(
        RoleContract(Level.SUPERLINK, "Flower SuperLink", 0),
        RoleContract(Level.SUPERNODE, "Flower SuperNode", 1, ("superlink",)),
    ),
    context={"TOKEN": "YES", "REPORT_READY": "YES", "NETWORK": "YES"},
)
