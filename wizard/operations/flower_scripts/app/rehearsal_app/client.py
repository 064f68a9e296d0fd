"""The clients: each has numbers around its partition's own, and tells which partition it was given."""

from __future__ import annotations

import numpy
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

app = ClientApp()
EXAMPLES = 100


def _data(context: Context) -> numpy.ndarray:
    partition = context.node_config.get("partition-id", 0)
    center = float(partition) if isinstance(partition, (int, float)) else 0.0
    return numpy.random.default_rng(int(center)).normal(10.0 + center, 1.0, EXAMPLES)


@app.train()
def train(message: Message, context: Context) -> Message:
    """One step halfway towards the mean of our own data."""
    (mean,) = message.content["arrays"].to_numpy_ndarrays()
    moved = mean + 0.5 * (_data(context).mean() - mean)
    config = {key: value for key, value in context.node_config.items() if isinstance(value, (bool, int, float, str))}
    content = RecordDict(
        {
            "arrays": ArrayRecord([moved]),
            "metrics": MetricRecord({"num-examples": EXAMPLES}),
            "node-config": ConfigRecord(config),
        }
    )
    return Message(content=content, reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    """Distance of the mean from our own data."""
    (mean,) = message.content["arrays"].to_numpy_ndarrays()
    loss = float(numpy.abs(_data(context) - mean).mean())
    metrics = MetricRecord({"num-examples": EXAMPLES, "loss": loss})
    return Message(content=RecordDict({"metrics": metrics}), reply_to=message)
