"""The emulated ServiceTitan as a service."""

from config.sandbox import server
from config.sandbox.loopback import App


def serve_forever(app: App, host: str = "127.0.0.1", port: int = 0) -> None:
    server.serve_forever(app, host, port, vendor="ServiceTitan")
