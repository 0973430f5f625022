"""A port of this machine to listen on: the wanted one, or another when that is taken."""

import socket

LOOPBACK = "127.0.0.1"
# Who listens everywhere is reached here.
_REACHED_AT = {"0.0.0.0": LOOPBACK, "::": "::1"}


def listen_on(preferred: int, host: str = LOOPBACK) -> socket.socket:
    """Return a socket that listens on `host`, at `preferred` or else at a free port.

    `host` is an address of this machine, of IPv4 or IPv6; OSError if it is none. Connections are
    queued from now on, so a server that takes the socket over is never missed.
    """
    try:
        return _listen(preferred, host)
    except OSError:
        return _listen(0, host)


def address_of(listener: socket.socket) -> str:
    """Return the http address at which a listening socket is reached on this machine."""
    host, port = listener.getsockname()[:2]
    reached = _REACHED_AT.get(host, host)
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}"


def choose_port(preferred: int) -> int:
    """Return `preferred` if nobody listens there, else a free port.

    Somebody else may take it before you do: where the socket itself can be handed on, use
    `listen_on`.
    """
    with listen_on(preferred) as listener:
        port: int = listener.getsockname()[1]
        return port


def _listen(port: int, host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where a socket names its protocol, which those of
    # socket.create_server do not; with it, replies on loopback take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
