"""Which names the server may be addressed by: a server that is open to this machine must not answer a foreign page."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from segue.agent.serve.problems import Problem


class KnownHosts:
    """Answers 421 to requests for any other host.

    A page from elsewhere can let its own name point to 127.0.0.1 and would then count as ours (DNS rebinding); the
    browser still says by which name it came.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is addressed to us."""
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if bare(host) not in self._hosts:
                await Problem(421, "unknown_host", "this server is not to be reached by that name").response()(
                    scope, receive, send
                )
                return
        await self._app(scope, receive, send)


def bare(host: str) -> str:
    """Return a host without its port: "[::1]:8080" -> "[::1]"."""
    name, colon, port = host.rpartition(":")
    return (name if colon and (port.isdigit() or not port) and not name.endswith(":") else host).lower()
