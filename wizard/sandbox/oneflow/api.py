"""OneFlow's REST: authentication, routing, and the server's status code and text for each error."""

from __future__ import annotations

import base64
import binascii
import html
import re
import threading
from collections.abc import Callable

from wizard.sandbox.blueprint import User
from wizard.sandbox.http import Request, Response
from wizard.sandbox.oned.accounts import AUTHENTICATION, AUTHORIZATION, NO_EXISTS, OneError
from wizard.sandbox.oneflow.replies import BadInputs, Crash, Invalid, Refusal, UserRequest, crash, text
from wizard.sandbox.oneflow.routes import ServiceRoutes, TemplateRoutes
from wizard.sandbox.world import WorldState

_HTTP_CODES = {AUTHENTICATION: 403, AUTHORIZATION: 401, NO_EXISTS: 404}
_NOT_FOUND = """<!DOCTYPE html>
<html>
<head>
  <style type="text/css">
  body {{ text-align:center;font-family:helvetica,arial;font-size:22px;
    color:#888;margin:20px}}
  #c {{margin:0 auto;width:500px;text-align:left}}
  </style>
</head>
<body>
  <h2>Sinatra doesn’t know this ditty.</h2>
  <img src='http://{host}/__sinatra__/404.png'>
  <div id="c">
    Try this:
    <pre>{method} {path} do
  &quot;Hello World&quot;
end
</pre>
  </div>
</body>
</html>
"""

Route = Callable[[UserRequest], Response]


class OneFlow:
    """OneFlow as an HTTP app."""

    name = "oneflow"

    def __init__(self, world: WorldState, services: ServiceRoutes, templates: TemplateRoutes, latency: float) -> None:
        """`latency` is added to each authenticated call, in seconds of wall time."""
        self._world = world
        self._latency = latency
        self._stopping = threading.Event()
        self._routes: list[tuple[str, re.Pattern[str], Route]] = [
            (method, re.compile(pattern), route)
            for method, pattern, route in (
                ("GET", "/service", services.list),
                ("GET", "/service/([^/]+)", services.show),
                ("PUT", "/service/([^/]+)", services.update),
                ("DELETE", "/service/([^/]+)", services.delete),
                ("POST", "/service/([^/]+)/action", services.act),
                ("POST", "/service/([^/]+)/scale", services.scale),
                ("POST", "/service/([^/]+)/role/([^/]+)/action", services.act_on_role),
                ("POST", "/service_pool/purge_done", services.purge),
                ("GET", "/service_template", templates.list),
                ("POST", "/service_template", templates.create),
                ("GET", "/service_template/([^/]+)", templates.show),
                ("PUT", "/service_template/([^/]+)", templates.update),
                ("DELETE", "/service_template/([^/]+)", templates.delete),
                ("POST", "/service_template/([^/]+)/action", templates.act),
            )
        ]

    def call(self, request: Request) -> str:
        """`METHOD /path`."""
        return f"{request.method} {request.path}"

    def stop(self) -> None:
        """End the latency of requests in progress."""
        self._stopping.set()

    def respond(self, request: Request) -> Response:
        """Authenticate, wait for the latency, respond."""
        session = _basic_auth(request.headers.get("authorization", ""))
        if session is None:
            return text(401, "A username and password must be provided")
        user = self._world.accounts.login(session)
        if user is None:
            return text(401, "Invalid credentials")
        self._stopping.wait(self._latency)
        try:
            return self._dispatch(user, request)
        except OneError as error:
            return text(_HTTP_CODES.get(error.code, 500), error.message)
        except BadInputs as error:
            return text(400, str(error))
        except (Refusal, Invalid) as error:
            return text(500, str(error))
        except Crash as error:
            return crash(str(error))
        except RecursionError:
            return crash("stack level too deep")

    def _dispatch(self, user: User, request: Request) -> Response:
        for method, pattern, route in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return route(UserRequest(user, request, match.groups()))
        page = _NOT_FOUND.format(
            host=request.headers.get("host", ""),
            method=request.method.lower(),
            path=html.escape(f"'{request.path}'").replace("/", "&#x2F;"),
        )
        return text(404, page)


def _basic_auth(header: str) -> str | None:
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
