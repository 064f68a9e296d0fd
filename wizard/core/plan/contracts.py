"""Every contract that a preset may name."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.core.opennebula.user_inputs import InputType, UserInput
from wizard.core.plan.contract import Contract, Field, Level, Meaning, RoleContract


def text(key: str, description: str, default: str = "", *, mandatory: bool = False) -> UserInput:
    """An input of type text."""
    return UserInput(key, InputType.TEXT, description, mandatory, (), default)


def number(key: str, description: str, default: int) -> UserInput:
    """An optional input of type number."""
    return UserInput(key, InputType.NUMBER, description, False, (), str(default))


def choice(key: str, description: str, options: tuple[str, ...], default: str) -> UserInput:
    """An optional input of type list."""
    return UserInput(key, InputType.LIST, description, False, options, default)


_SHUTDOWN_ACTIONS = ("shutdown", "shutdown-hard", "terminate", "terminate-hard")
_SINGLETON = "There is exactly one SuperLink: a second one would split the federation in two."


def role_fields(level: Level, title: str, limits: tuple[int, int, int], cooldown: int) -> tuple[Field, ...]:
    """The attributes of a role; `limits` are its cardinality, the smallest and the largest, `cooldown` seconds."""
    cardinality, smallest, largest = limits
    fixed = _SINGLETON if level is Level.SUPERLINK else ""
    return (
        Field(
            level,
            text("vm_template", f"VM template of the {title}"),
            "VM template",
            f"Which VM template each {title} VM is made from. Its image must hold the Flower appliance; with "
            "another image the VM boots and never reports READY.",
            "name or id",
            Meaning.VM_TEMPLATE,
            is_input=False,
        ),
        Field(
            level,
            number("cardinality", f"Number of {title} VMs", cardinality),
            f"How many {title}s",
            fixed
            or "Each SuperNode trains on one shard of the data, so this is into how many it is cut. Fewer than a "
            "minimum of clients on the SuperLink: rounds never start. OneFlow starts them once the SuperLink is "
            "READY.",
            "VMs",
            Meaning.CARDINALITY,
            is_input=False,
            fixed_because=fixed,
        ),
        Field(
            level,
            number("min_vms", "Smallest number of VMs", smallest),
            "At least",
            fixed
            or "OneFlow refuses to scale below this. Fewer than 2 is local training, not federated; fewer than the "
            "clients that a run starts with, and a scale-down stalls it.",
            "VMs",
            Meaning.MIN_VMS,
            is_input=False,
            advanced=True,
            fixed_because=fixed,
        ),
        Field(
            level,
            number("max_vms", "Largest number of VMs", largest),
            "At most",
            fixed or "OneFlow refuses to scale above this. On most servers it can't be changed while the service runs.",
            "VMs",
            Meaning.MAX_VMS,
            is_input=False,
            advanced=True,
            fixed_because=fixed,
        ),
        Field(
            level,
            number("cooldown", "Pause after a scale", cooldown),
            "Cooldown",
            "After a scale the service refuses the next one, and a delete, for this long. Left out, the server makes "
            "it 300 seconds.",
            "seconds",
            Meaning.COOLDOWN,
            is_input=False,
            advanced=True,
        ),
    )


def arranged(
    service: tuple[Field, ...], superlink: tuple[Field, ...] = (), supernode: tuple[Field, ...] = ()
) -> tuple[Field, ...]:
    """All fields of a contract, in the order in which they are asked, from the inputs of its three levels."""
    roles = (
        (role_fields(Level.SUPERLINK, "SuperLink", (1, 1, 1), 60), superlink),
        (role_fields(Level.SUPERNODE, "SuperNode", (2, 2, 10), 30), supernode),
    )
    main = {Meaning.VM_TEMPLATE, Meaning.CARDINALITY}
    found = service
    for attributes, inputs in roles:
        first = tuple(item for item in attributes if item.meaning in main)
        rest = tuple(item for item in attributes if item.meaning not in main)
        found = (*found, *first, *inputs, *rest)
    return found


DESCRIPTION = Field(
    Level.SERVICE,
    text("description", "What this service is for", "Flower federated learning cluster"),
    "Description",
    "One line that `oneflow-template show` prints. It changes nothing, and tells the next operator what this is.",
    is_input=False,
    advanced=True,
)

SHUTDOWN_ACTION = Field(
    Level.SERVICE,
    choice("shutdown_action", "How VMs are stopped", _SHUTDOWN_ACTIONS, "shutdown"),
    "Shutdown action",
    "shutdown asks the guest to stop. The hard ones cut the power and may corrupt the SuperLink's SQLite state.",
    is_input=False,
    advanced=True,
)


_SEED_FIELDS = (
    Field(
        Level.SERVICE,
        text("name", "Name of the service", "Flower Federated Learning", mandatory=True),
        "Name",
        "The name of the service template and of the service, as `oneflow list` shows it. Where two have the same, "
        "every command wants the id instead. 1 to 128 characters.",
        meaning=Meaning.NAME,
        is_input=False,
    ),
    Field(
        Level.SERVICE,
        text("FLOWER_VERSION", "Flower Docker image version tag", "1.25.0"),
        "Flower version",
        "SuperLink and SuperNodes get the same version: they do not talk to each other across versions. From 1.40 on "
        "Flower uses other ports.",
        "X.Y.Z",
        Meaning.FLOWER_VERSION,
    ),
    Field(
        Level.SERVICE,
        UserInput("FL_TLS_ENABLED", InputType.BOOLEAN, "Enable TLS encryption", False, (), "NO"),
        "TLS encryption",
        "With YES the SuperLink makes a CA of its own and publishes it; the SuperNodes fetch and trust it, and anyone "
        "running `flwr run` needs the CA file. With NO models travel in clear over the network of the VMs.",
        meaning=Meaning.TLS,
    ),
    Field(
        Level.SERVICE,
        choice("FL_LOG_LEVEL", "Log verbosity", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        "Log level",
        "How much Flower writes to its log inside each VM. DEBUG fills small disks within days.",
    ),
    Field(
        Level.SERVICE,
        text("network", "Network shared by all cluster VMs"),
        "Network",
        "The one network that all VMs join. Left empty, each VM has the NICs of its VM template; SuperNodes must "
        "reach the SuperLink, and every VM must reach OneGate.",
        "name or id",
        Meaning.NETWORK,
        is_input=False,
    ),
    DESCRIPTION,
    SHUTDOWN_ACTION,
)

_SUPERLINK_INPUTS = (
    Field(
        Level.SUPERLINK,
        number("FL_NUM_ROUNDS", "Number of federated learning rounds", 3),
        "Rounds",
        "After this many rounds of training and averaging the run ends. Each round waits for its slowest SuperNode.",
        "rounds",
        Meaning.ROUNDS,
    ),
    Field(
        Level.SUPERLINK,
        choice("FL_STRATEGY", "Aggregation strategy", ("FedAvg", "FedProx", "FedAdam"), "FedAvg"),
        "Strategy",
        "How the SuperLink averages what the SuperNodes learnt. FedProx tolerates shards that differ much; FedAdam "
        "converges faster on some models and needs tuning.",
        meaning=Meaning.STRATEGY,
    ),
    Field(
        Level.SUPERLINK,
        number("FL_MIN_FIT_CLIENTS", "Minimum clients for training round", 2),
        "Clients per training round",
        "A round does not begin to train before this many SuperNodes are connected. More than there are, or than are "
        "left after a VM is lost: it never starts, and nothing reports an error.",
        "SuperNodes",
        Meaning.MIN_FIT,
    ),
    Field(
        Level.SUPERLINK,
        number("FL_MIN_EVALUATE_CLIENTS", "Minimum clients for evaluation", 2),
        "Clients per evaluation",
        "A round is not evaluated before this many SuperNodes are connected. With more than there are it never ends, "
        "its training done, and the next round does not begin.",
        "SuperNodes",
        Meaning.MIN_EVALUATE,
    ),
    Field(
        Level.SUPERLINK,
        number("FL_MIN_AVAILABLE_CLIENTS", "Minimum available clients to start", 2),
        "Clients to start",
        "The run does not start before this many SuperNodes are connected: with more than there are it never starts. "
        "It stalls, too, when a scale-down leaves fewer.",
        "SuperNodes",
        Meaning.MIN_AVAILABLE,
    ),
)

_SUPERNODE_INPUTS = (
    Field(
        Level.SUPERNODE,
        choice("ML_FRAMEWORK", "ML framework", ("pytorch", "tensorflow", "sklearn"), "pytorch"),
        "ML framework",
        "Which framework's image the SuperNodes run. A use case below works only with the frameworks it was built for, "
        "and OneFlow does not check that.",
        meaning=Meaning.FRAMEWORK,
    ),
    Field(
        Level.SUPERNODE,
        choice(
            "FL_USE_CASE",
            "Pre-built use case",
            ("none", "image-classification", "anomaly-detection", "llm-fine-tuning"),
            "none",
        ),
        "Use case",
        "A ready-made client application in the image, or none: then you bring your own with `flwr run`.",
        meaning=Meaning.USE_CASE,
    ),
    Field(
        Level.SUPERNODE,
        text("FL_NODE_CONFIG", "Space-separated key=value node config"),
        "Node config",
        "Leave it empty and each SuperNode takes its own partition-id. What stands here is given to every SuperNode "
        "alike: with a partition-id in it, all of them train on the same shard.",
        "key=value …",
        Meaning.NODE_CONFIG,
    ),
)


SEED = Contract(
    name="seed",
    title="Flower cluster",
    fields=arranged(_SEED_FIELDS, _SUPERLINK_INPUTS, _SUPERNODE_INPUTS),
    roles=(
        RoleContract(Level.SUPERLINK, "Flower SuperLink", 0),
        RoleContract(Level.SUPERNODE, "Flower SuperNode", 1, ("superlink",)),
    ),
    context={
        "TOKEN": "YES",
        "REPORT_READY": "YES",
        "READY_SCRIPT_PATH": "/opt/flower/scripts/health-check.sh",
        "NETWORK": "YES",
    },
    use_cases={
        "none": (),
        "image-classification": ("pytorch", "tensorflow"),
        "anomaly-detection": ("sklearn",),
        "llm-fine-tuning": ("pytorch",),
    },
)


_MARKETPLACE_FIELDS = (
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
    fields=arranged(_MARKETPLACE_FIELDS),
    roles=(
        RoleContract(Level.SUPERLINK, "Flower SuperLink", 0),
        RoleContract(Level.SUPERNODE, "Flower SuperNode", 1, ("superlink",)),
    ),
    context={"TOKEN": "YES", "REPORT_READY": "YES", "NETWORK": "YES"},
)


REGISTERED = "registered"
"""What a preset names where its contract is a registered template of its own, which it then carries."""

CONTRACTS: Mapping[str, Contract] = {contract.name: contract for contract in (SEED, MARKETPLACE)}
