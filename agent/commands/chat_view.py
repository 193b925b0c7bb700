"""How a conversation looks: in a terminal, or as one JSON object a line.

All texts are data: markup of the terminal library is escaped, and control characters never reach the terminal.
"""

import json
import re
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segue.agent.commands.chat_session import Order
from segue.agent.turn import Turn

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SIGNS: Final = {"applied": "+", "unmet": "-", "missing": "?", "degraded": "!", "taste": "*"}


def safe(text: str) -> str:
    """Return a text of others as it may be printed with markup on."""
    return escape(_CONTROL.sub(" ", text))


class View(Protocol):
    """Where a conversation is shown."""

    def greet(self, tracks: int, user: str, thread: str) -> None:
        """Say what this is."""

    def thinking(self) -> AbstractContextManager[object]:
        """Show that an answer is on its way, where somebody watches."""

    def said(self, line: str) -> None:
        """Print what the listener said."""

    def turn(self, turn: Turn) -> None:
        """Print an answer."""

    def order(self, order: Order) -> None:
        """Print what came of an order."""

    def error(self, text: str) -> None:
        """Print what could not be done."""


class RichView:
    """For people."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def greet(self, tracks: int, user: str, thread: str) -> None:
        """Say what this is."""
        self._console.print(
            f"[bold]Segue[/bold]: {tracks:,} tracks. What would you like to hear? [dim]/help, /quit[/dim]"
        )
        self._console.print(f"[dim]Listener {safe(user)}, conversation {safe(thread)}[/dim]")

    def thinking(self) -> AbstractContextManager[object]:
        """Show that an answer is on its way, where somebody watches."""
        return self._console.status("…", spinner="dots") if self._console.is_terminal else nullcontext()

    def said(self, line: str) -> None:
        """Print what the listener said."""
        self._console.print(f"> {safe(line)}", soft_wrap=True)

    def turn(self, turn: Turn) -> None:
        """Print an answer."""
        self._console.print(safe(turn.text), soft_wrap=not self._console.is_terminal)
        if turn.tracks:
            table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
            table.add_column("#", justify="right", style="bold")
            table.add_column("Title", ratio=4, overflow="fold")
            table.add_column("Artist", ratio=3, overflow="fold")
            table.add_column("Year", justify="right")
            table.add_column("Why", ratio=5, overflow="fold", style="dim")
            for track in turn.tracks:
                year = "" if track.year is None else str(track.year)
                cells = (track.title, track.artist, year, track.reason)
                table.add_row(str(track.number), *(safe(cell) for cell in cells))
            self._console.print(table)
        told = [receipt for receipt in turn.receipts if receipt.text not in turn.text]
        for kind, sign in _SIGNS.items():
            texts = [safe(receipt.text) for receipt in told if receipt.kind == kind]
            if texts:
                self._console.print(f"[dim]{sign} {' '.join(texts)}[/dim]")

    def order(self, order: Order) -> None:
        """Print what came of an order."""
        if order.text:
            self._console.print(safe(order.text))

    def error(self, text: str) -> None:
        """Print what could not be done."""
        self._console.print(f"[red]{safe(text)}[/red]")


class JsonView:
    """For programs."""

    def greet(self, tracks: int, user: str, thread: str) -> None:
        """Say nothing: programs know whom they call."""

    def thinking(self) -> AbstractContextManager[object]:
        """Show nothing."""
        return nullcontext()

    def said(self, line: str) -> None:
        """Print what the listener said."""
        self._print({"said": line})

    def turn(self, turn: Turn) -> None:
        """Print an answer."""
        self._print({"turn": turn.model_dump(mode="json", exclude_defaults=True)})

    def order(self, order: Order) -> None:
        """Print what came of an order."""
        self._print({"order": order.name, "text": order.text, "data": order.data})

    def error(self, text: str) -> None:
        """Print what could not be done."""
        self._print({"error": text})

    @staticmethod
    def _print(value: object) -> None:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        sys.stdout.flush()
