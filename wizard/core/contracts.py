"""Every contract that a preset may name."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.core.contract import Contract
from wizard.core.marketplace import MARKETPLACE
from wizard.core.seed import SEED

CONTRACTS: Mapping[str, Contract] = {contract.name: contract for contract in (SEED, MARKETPLACE)}
