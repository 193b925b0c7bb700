"""Agents without a mind, for tests of suites and of whatever drives agents.

    agent = ScriptedAgent({"some jazz": {"text": "Here.", "tracks": shown(track)}})

`segue eval --agent segue.evals.suites.fake:first_tracks` runs a suite against one that always plays the first tracks of
the catalog: an expectation that it meets is hardly one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from segue.agent.turn import ShownTrack, Turn
from segue.agent.wish import Wish
from segue.evals.suites.agent import Opener, SuiteAgent
from segue.generator.track import Track
from segue.memory.profile import Taste
from segue.tools.catalog.catalog import Catalog

PLAYED: Final = 3


class ScriptedAgent:
    """Answers every message as its script says: a mapping from messages to fields of `Turn`, or an error to raise.

    Of a list of answers the first message gets the first, and so on. Records what it was told in `told` (message, user,
    thread) and `given` (track, kind), and remembers whatever taste it is given.
    """

    def __init__(self, script: Mapping[str, Any], taste: Taste | None = None) -> None:
        self.script = script
        self.remembered = taste or Taste(user="")
        self.told: list[tuple[str, str, str]] = []
        self.given: list[tuple[str, Any]] = []
        self.closed = 0

    async def turn(self, message: str, *, user: str, thread: str) -> Turn:
        """Answer by the script (KeyError where it has no answer)."""
        earlier = sum(said == message for said, _, _ in self.told)
        self.told.append((message, user, thread))
        answer = self.script[message]
        if isinstance(answer, Sequence):
            answer = answer[earlier]
        if isinstance(answer, Exception):
            raise answer
        number = sum(where == thread for _, _, where in self.told)
        return Turn(
            **{
                "id": f"{thread}-{number}",
                "thread": thread,
                "user": user,
                "number": number,
                "text": "Here.",
                "wish": Wish(act="request", text=message),
                **answer,
            }
        )

    async def taste(self, user: str) -> Taste:
        """Return the taste that was given."""
        return self.remembered

    async def feedback(self, user: str, thread: str, track: str, kind: Any) -> None:
        """Write down what was given."""
        self.given.append((track, kind))

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


def shown(*tracks: Track) -> tuple[ShownTrack, ...]:
    """Return tracks as an answer shows them."""
    return tuple(
        ShownTrack(
            number=number, id=track.id, title=track.title, artist=track.artist, year=track.year, reason="scripted"
        )
        for number, track in enumerate(tracks, 1)
    )


def first_tracks(catalog: Catalog) -> Opener:
    """Open an agent that plays the first tracks of a catalog, whatever it is told."""
    tracks = shown(*(catalog.at(position) for position in range(min(PLAYED, len(catalog)))))

    class Anything(ScriptedAgent):
        async def turn(self, message: str, *, user: str, thread: str) -> Turn:
            self.script = {message: {"text": f"You said: {message}", "tracks": tracks}}
            return await super().turn(message, user=user, thread=thread)

    def open_agent(folder: Path) -> SuiteAgent:
        return Anything({})

    return open_agent
