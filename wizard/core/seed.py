"""The seed contract, as data: what the Flower appliance of the original document understands."""

from __future__ import annotations

from wizard.core.contract import Contract, Field, Level, Meaning, RoleContract
from wizard.core.opennebula.user_inputs import InputType, UserInput
from wizard.core.shared_fields import DESCRIPTION, SHUTDOWN_ACTION, arranged, choice, number, text

_SERVICE_FIELDS = (
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
        "With YES the SuperLink makes a CA of its own and publishes it; the SuperNodes fetch and trust it. With NO "
        "models travel in clear over the network of the VMs. It costs that whoever runs `flwr run` needs the CA too.",
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
        "left after a VM is lost: it waits for ever, and nothing reports an error.",
        "SuperNodes",
        Meaning.MIN_FIT,
    ),
    Field(
        Level.SUPERLINK,
        number("FL_MIN_EVALUATE_CLIENTS", "Minimum clients for evaluation", 2),
        "Clients per evaluation",
        "A round is not evaluated before this many SuperNodes are connected. More than there are: it waits for ever, "
        "its training done, and the next round does not begin.",
        "SuperNodes",
        Meaning.MIN_EVALUATE,
    ),
    Field(
        Level.SUPERLINK,
        number("FL_MIN_AVAILABLE_CLIENTS", "Minimum available clients to start", 2),
        "Clients to start",
        "The run does not start before this many SuperNodes are connected: with more than there are it waits for ever. "
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
    fields=arranged(_SERVICE_FIELDS, _SUPERLINK_INPUTS, _SUPERNODE_INPUTS),
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
