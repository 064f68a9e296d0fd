"""Every contract that a preset may name."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.core.contract import Contract
from wizard.core.marketplace import MARKETPLACE
from wizard.core.seed import SEED

REGISTERED = "registered"
"""What a preset names where its contract is a registered template of its own, which it then carries."""

CONTRACTS: Mapping[str, Contract] = {contract.name: contract for contract in (SEED, MARKETPLACE)}
