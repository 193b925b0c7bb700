"""How a server is set up; the command line fills it in (`commands/serve.py`)."""

from dataclasses import dataclass

from segue.agent.serve.keys import KeyRing


@dataclass(frozen=True)
class ServeOptions:
    """What a server lets in, and how much of it."""

    keys: KeyRing | None = None
    """API keys; None lets everybody in who can reach the server."""
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    """Host names that requests may be addressed to; () for any. A server without keys listens on this machine only,
    and names alone keep a foreign page from reaching it through a name of its own (DNS rebinding)."""
    origins: tuple[str, ...] = ()
    """Origins of pages elsewhere that may call the server (CORS); by default none."""
    rate: int = 600
    """Requests a minute of one tenant."""
    body: int = 256 * 1024
    """Bytes of a request."""
    turns: int = 64
    """Turns that are answered or wait to be answered; further ones are told to come again."""
    wait: float = 4.0
    """Seconds that a turn may have to wait, at the pace of the last answers, before the agent begins with it; where it
    would be more it is told to come again."""
    page: bool = True
    """Whether the page for listeners is served."""
