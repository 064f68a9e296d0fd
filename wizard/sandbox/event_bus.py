"""OpenNebula's hook manager as far as it publishes: each event is a topic and, in base64, what it is about."""

from __future__ import annotations

import base64
import threading
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from wizard.sandbox.oned.vm import LCM_NAMES, STATE_NAMES, VirtualMachine

if TYPE_CHECKING:
    import zmq

    from wizard.sandbox.oneflow.flow import Flow
    from wizard.sandbox.oneflow.service import Service


class Publisher:
    """Publishes what happens in a world, on a port of loopback."""

    def __init__(self, flow: Flow) -> None:
        import zmq

        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.PUB)
        self._socket.linger = 0
        self._lock = threading.Lock()
        self._stopped = False
        self.url = f"tcp://127.0.0.1:{self._socket.bind_to_random_port('tcp://127.0.0.1')}"
        flow.world.vms.on_state.append(self._on_state)
        flow.world.vms.on_update.append(self._on_update)
        flow.on_state.append(self._on_service)

    def stop(self) -> None:
        """Publish no more, and close the port."""
        with self._lock:
            self._stopped = True
            self._socket.close()
            self._context.term()

    def _on_state(self, vm: VirtualMachine) -> None:
        state, phase = STATE_NAMES[vm.state], LCM_NAMES[vm.lcm]
        body = f"<HOOK_MESSAGE><HOOK_TYPE>STATE</HOOK_TYPE><RESOURCE_ID>{vm.vid}</RESOURCE_ID></HOOK_MESSAGE>"
        self._send(f"EVENT STATE VM/{state}/{phase}/{vm.vid}", body)
        self._send(f"EVENT VM {vm.vid}/{state}/{phase}", body)

    def _on_update(self, vm: VirtualMachine, text: str) -> None:
        values = ("****", vm.vid, escape(text), 1)
        parameters = "".join(
            f"<PARAMETER><POSITION>{place}</POSITION><TYPE>IN</TYPE><VALUE>{value}</VALUE></PARAMETER>"
            for place, value in enumerate(values, 1)
        )
        self._send("EVENT API one.vm.update 1", f"<CALL_INFO><PARAMETERS>{parameters}</PARAMETERS></CALL_INFO>")

    def _on_service(self, service: Service) -> None:
        self._send(f"EVENT SERVICE {service.sid}", f"<SERVICE_ID>{service.sid}</SERVICE_ID>")

    def _send(self, topic: str, body: str) -> None:
        with self._lock:
            if not self._stopped:
                self._socket.send_multipart([topic.encode(), base64.b64encode(body.encode())])
