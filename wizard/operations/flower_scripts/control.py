"""Ask a SuperLink's Control API: `python control.py ADDRESS http|grpc [CA]`, with the Python of an image.

Each line on stdin asks once; each answer is one JSON object on stdout. Its end is the end of stdin.
"""

from __future__ import annotations

import json
import ssl
import sys
import urllib.request
from pathlib import Path

from flwr.proto.control_pb2 import (
    ListNodesRequest,
    ListNodesResponse,
    ListRunsRequest,
    ListRunsResponse,
)

TIMEOUT = 5.0
NEWEST = 20


class OverHttp:
    """The Control API from 1.37 on."""

    def __init__(self, address: str, ca: str) -> None:
        self.base = f"{'https' if ca else 'http'}://{address}/v1/control"
        self.context = ssl.create_default_context(cafile=ca) if ca else None
        handlers = [urllib.request.ProxyHandler({})]
        if self.context is not None:
            handlers.append(urllib.request.HTTPSHandler(context=self.context))
        self.opener = urllib.request.build_opener(*handlers)

    def nodes(self) -> ListNodesResponse:
        return ListNodesResponse.FromString(self._post("list-nodes", ListNodesRequest()))

    def runs(self) -> ListRunsResponse:
        return ListRunsResponse.FromString(self._post("list-runs", ListRunsRequest()))

    def _post(self, what: str, message) -> bytes:
        headers = {"Content-Type": "application/protobuf", "Accept": "application/protobuf"}
        request = urllib.request.Request(f"{self.base}/{what}", message.SerializeToString(), headers)  # noqa: S310
        with self.opener.open(request, timeout=TIMEOUT) as answer:
            return answer.read()


class OverGrpc:
    """The Control API up to 1.36."""

    def __init__(self, address: str, ca: str) -> None:
        import grpc
        from flwr.proto.control_pb2_grpc import ControlStub

        options = [("grpc.enable_http_proxy", 0)]
        if ca:
            credentials = grpc.ssl_channel_credentials(Path(ca).read_bytes())
            channel = grpc.secure_channel(address, credentials, options)
        else:
            channel = grpc.insecure_channel(address, options)
        self.stub = ControlStub(channel)

    def nodes(self) -> ListNodesResponse:
        return self.stub.ListNodes(ListNodesRequest(), timeout=TIMEOUT)

    def runs(self) -> ListRunsResponse:
        return self.stub.ListRuns(ListRunsRequest(), timeout=TIMEOUT)


def report(api: OverHttp | OverGrpc) -> dict[str, object]:
    """Report of the SuperLink now, the newest runs first."""
    runs = sorted(api.runs().run_dict.values(), key=lambda run: run.pending_at, reverse=True)
    return {
        "supernodes": [
            {"id": str(node.node_id), "status": node.status, "since": node.last_activated_at}
            for node in api.nodes().nodes_info
        ],
        "runs": [
            {
                "id": str(run.run_id),
                "app": f"{run.fab_id} {run.fab_version}".strip(),
                "status": ":".join(part for part in (run.status.status, run.status.sub_status) if part),
                "details": run.status.details,
                "pending_at": run.pending_at,
                "finished_at": run.finished_at,
            }
            for run in runs[:NEWEST]
        ],
    }


def main(address: str, kind: str, ca: str) -> None:
    """Answer until nobody asks any more."""
    api = OverHttp(address, ca) if kind == "http" else OverGrpc(address, ca)
    for _ in sys.stdin:
        try:
            answer = report(api)
        except Exception as error:
            details = getattr(error, "details", None)
            answer = {"error": str(details() if callable(details) else getattr(error, "reason", error))}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
