"""The server: the strategy that the service asks for, and a line for everything that a client reported."""

from __future__ import annotations

import json

import numpy
from flwr.app import ArrayRecord, Context
from flwr.serverapp import Grid, ServerApp, strategy

app = ServerApp()
MARK = "REHEARSAL "


def _tell(**facts: object) -> None:
    print(MARK + json.dumps(facts), flush=True)


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Run the rounds."""
    wanted = context.run_config
    rounds = int(wanted["rounds"])
    kind = getattr(strategy, str(wanted["strategy"]))

    class Telling(kind):  # type: ignore[misc, valid-type]
        """The same strategy, aloud."""

        def aggregate_train(self, server_round, replies):
            replies = list(replies)
            for reply in replies:
                node = str(reply.metadata.src_node_id)
                if reply.has_error():
                    _tell(round=server_round, of=rounds, node=node, error=str(reply.error.reason))
                else:
                    _tell(round=server_round, of=rounds, node=node, config=dict(reply.content["node-config"]))
            found = super().aggregate_train(server_round, replies)
            _tell(round=server_round, of=rounds, clients=len(replies))
            return found

    extra = {"proximal_mu": 0.1} if kind is strategy.FedProx else {}
    chosen = Telling(
        fraction_train=1.0,
        fraction_evaluate=1.0,
        min_train_nodes=int(wanted["min-fit-clients"]),
        min_evaluate_nodes=int(wanted["min-evaluate-clients"]),
        min_available_nodes=int(wanted["min-available-clients"]),
        **extra,
    )
    result = chosen.start(grid=grid, initial_arrays=ArrayRecord([numpy.zeros(1)]), num_rounds=rounds)
    arrays = result.arrays.to_numpy_ndarrays() if result.arrays else []
    _tell(done=True, mean=float(arrays[0][0]) if arrays else None)
