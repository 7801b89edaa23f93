"""A sandbox as a service: gunicorn, one process (the state is in its memory), many threads."""

import ipaddress
import socket
import sys
from typing import Any

from gunicorn.app.base import BaseApplication

from config.sandbox.loopback import App, running

__all__ = ["address_of", "bind", "running", "serve", "serve_forever"]


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: App, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> App:
        return self._app


def bind(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A listening socket; port 0 takes a free one. Anything but loopback is refused: it has no real locks."""
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError("The sandbox listens on loopback only.")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(256)
    return listener


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(app: App, listener: socket.socket, *, threads: int = 64, name: str = "sandbox") -> None:
    """Serve on a socket made with bind(), until the process is told to stop."""
    listener.set_inheritable(True)
    options = {
        "bind": f"fd://{listener.fileno()}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": threads,
        "keepalive": 75,
        "timeout": 0,  # a scripted hang must not get the worker killed
        "graceful_timeout": 1,
        "loglevel": "warning",
        "proc_name": name,
    }
    _Gunicorn(app, options).run()


def serve_forever(app: App, host: str = "127.0.0.1", port: int = 0, *, vendor: str) -> None:
    listener = bind(host, port)
    sys.stdout.write(f"{vendor} sandbox at {address_of(listener)}\n")
    sys.stdout.flush()
    serve(app, listener, name=f"{vendor.lower()}-sandbox")
