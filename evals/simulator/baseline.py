"""The agent to beat: plain search on the last message alone, which remembers nothing and obeys by accident."""

from pathlib import Path
from typing import Any, Final

from segue.agent.turn import ShownTrack, Turn
from segue.agent.wish import Wish
from segue.evals.suites.agent import Opener, SuiteAgent
from segue.memory.profile import Taste
from segue.tools.catalog.catalog import Catalog
from segue.tools.search.search import Searcher

COUNT: Final = 5


class LastMessageAgent:
    """Answers with what search finds for the message."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._turns: dict[str, int] = {}

    async def turn(self, message: str, *, user: str, thread: str) -> Turn:
        """Search."""
        number = self._turns[thread] = self._turns.get(thread, 0) + 1
        hits = self._searcher.search(message, k=COUNT).hits
        tracks = tuple(
            ShownTrack(
                number=place, id=hit.track.id, title=hit.track.title, artist=hit.track.artist, year=hit.track.year,
                reason="found by its words",
            )
            for place, hit in enumerate(hits, 1)
        )  # fmt: skip
        wish = Wish(act="request", text=message)
        text = f"{len(tracks)} found."
        return Turn(
            id=f"{thread}-{number}", thread=thread, user=user, number=number, text=text, wish=wish, tracks=tracks
        )

    async def taste(self, user: str) -> Taste:
        """Know nothing."""
        return Taste(user=user)

    async def feedback(self, user: str, thread: str, track: str, kind: Any) -> None:
        """Learn nothing."""

    async def aclose(self) -> None:
        """Hold nothing."""


def last_message(catalog: Catalog) -> Opener:
    """Open the baseline over a catalog."""
    searcher = Searcher(catalog)

    def open_agent(folder: Path) -> SuiteAgent:
        return LastMessageAgent(searcher)

    return open_agent
