"""What every contract of a Flower cluster asks for, besides the inputs of its appliance."""

from __future__ import annotations

from wizard.core.contract import Field, Level, Meaning
from wizard.core.opennebula.user_inputs import InputType, UserInput


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
            f"Which VM template each {title} VM is made from. Its image must hold the Flower appliance; another "
            "image boots, never reports READY, and the service waits for ever.",
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
            "minimum of clients on the SuperLink: training waits for ever. OneFlow starts them once the SuperLink is "
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
