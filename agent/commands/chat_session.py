"""One conversation of the command line: messages, and the orders that begin with "/"."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from segue.agent.m3u import m3u
from segue.agent.music_agent import MusicAgent
from segue.agent.naming import subject_named
from segue.agent.reply.taste import remembered
from segue.agent.turn import ShownTrack, Turn
from segue.generator.errors import QueryError
from segue.generator.modality import MODALITIES
from segue.memory.editing import Edit, ban, forget, unban
from segue.memory.events import Subject
from segue.tools.importance import ModalityWeights

HELP: Final = """\
/like 2, /dislike 2      say what you think of a track
/ban Drake, /ban 2       never offer an artist, a genre, a mood or a track again; /unban lifts it
/forget country          forget what was learnt of something
/taste                   show what is remembered; /undo takes the last change back, /erase deletes everything
/why 1                   what put a track into the last answer
/weights ST=9 MC=0       set how much modalities matter; /weights shows them, /weights off lets the agent decide
/save FILE.m3u           write the playlist, or else the last answer, to a file
/help, /quit"""


@dataclass(frozen=True)
class Order:
    """What came of an order."""

    name: str
    text: str
    leave: bool = False
    data: Any = None
    """What the text says, as plain data for programs."""


class Session:
    """A conversation of one listener."""

    def __init__(self, agent: MusicAgent, *, user: str, thread: str) -> None:
        self.agent = agent
        self.user = user
        self.thread = thread
        self.last: Turn | None = None
        """The last turn that offered tracks."""
        self.weights: ModalityWeights | None = None
        """Modality weights set by hand."""

    @staticmethod
    def is_order(line: str) -> bool:
        """Tell whether a line is an order to the program."""
        return re.match(r"\s*/[a-z]", line) is not None

    async def say(self, message: str) -> Turn:
        """Answer a message."""
        turn = await self.agent.turn(message, user=self.user, thread=self.thread, weights=self.weights)
        if turn.tracks:
            self.last = turn
        return turn

    async def settle(self) -> None:
        """Let what was learnt be written while nobody waits."""
        await self.agent.settle(self.user)

    async def order(self, line: str) -> Order:
        """Carry out an order.

        Raises:
            QueryError: it cannot be carried out as given.
        """
        name, _, argument = line.strip().removeprefix("/").partition(" ")
        run = _ORDERS.get(name.lower())
        if run is None:
            raise QueryError(f"there is no order /{name}; /help lists them")
        return await run(self, argument.strip())

    def track(self, argument: str) -> ShownTrack:
        """Return the track of the last answer with that number."""
        number = argument.removeprefix("#")
        tracks = self.last.tracks if self.last else ()
        if not number.isdecimal() or not 1 <= int(number) <= len(tracks):
            raise QueryError(f"say a number from 1 to {len(tracks)}" if tracks else "no track has been offered yet")
        return tracks[int(number) - 1]


async def _help(session: Session, argument: str) -> Order:
    return Order("help", HELP)


async def _quit(session: Session, argument: str) -> Order:
    return Order("quit", "", leave=True)


async def _like(session: Session, argument: str) -> Order:
    track = session.track(argument)
    await session.agent.feedback(session.user, session.thread, track.id, "liked")
    return Order("like", f"Noted: you like “{track.title}” by {track.artist}.")


async def _dislike(session: Session, argument: str) -> Order:
    track = session.track(argument)
    await session.agent.feedback(session.user, session.thread, track.id, "disliked")
    return Order("dislike", f"Noted: “{track.title}” by {track.artist} will not come again.")


async def _taste(session: Session, argument: str) -> Order:
    taste = await session.agent.taste(session.user)
    return Order("taste", remembered(taste), data=taste.model_dump(mode="json"))


async def _ban(session: Session, argument: str) -> Order:
    return await _edit(session, "ban", argument, ban)


async def _unban(session: Session, argument: str) -> Order:
    return await _edit(session, "unban", argument, unban)


async def _forget(session: Session, argument: str) -> Order:
    return await _edit(session, "forget", argument, forget)


async def _edit(session: Session, order: str, argument: str, edit: Callable[..., Edit]) -> Order:
    if not argument:
        raise QueryError(f"say what: /{order} NAME, or the number of a track")
    agent = session.agent
    if argument.removeprefix("#").isdecimal():
        shown = session.track(argument)
        track = agent.catalog.track(shown.id)
        subject, name = Subject(kind="work", value=track.work_id), f"{track.title} by {track.artist}"
    else:
        taste = await agent.taste(session.user)
        subject, name = subject_named(argument, agent.parts.columns, taste), argument
    made = edit(session.user, subject, name=name, thread=session.thread, message=f"/{order} {argument}")
    return Order(order, await agent.edit(made))


async def _undo(session: Session, argument: str) -> Order:
    return Order("undo", await session.agent.undo(session.user))


async def _erase(session: Session, argument: str) -> Order:
    if argument != "yes":
        return Order("erase", "This deletes your taste and your conversations for good. If you mean it: /erase yes")
    erased = await session.agent.erase(session.user)
    session.last = None
    return Order("erase", f"Erased: {erased.events} events and {erased.threads} conversations.", data=vars(erased))


async def _why(session: Session, argument: str) -> Order:
    track = session.track(argument or "1")
    lines = [f"“{track.title}” by {track.artist}: {track.reason}."]
    found = sorted(track.sources.items(), key=lambda item: -item[1])
    if found:
        lines.append("Found by " + ", ".join(f"{name} ({share:.0%})" for name, share in found) + ".")
    labels = {modality.value: modality.label for modality in MODALITIES}
    for letters, share in sorted(track.modalities.items(), key=lambda item: -item[1]):
        depth = track.depths.get(letters)
        levels = "" if depth is None else f", {depth} of 3 levels agree"
        lines.append(f"  {labels.get(letters, letters)}: {share:.0%} of the match{levels}")
    return Order("why", "\n".join(lines), data=track.model_dump(mode="json"))


async def _weights(session: Session, argument: str) -> Order:
    if argument.lower() in ("off", "auto"):
        session.weights = None
        return Order("weights", "The agent weighs the modalities of each message again.")
    shown = session.weights or (session.last.weights if session.last else ModalityWeights())
    if argument:
        shown = session.weights = parse_weights(argument, shown)
    lines = [f"{m.value}  {shown[m]:4.1f}  {'█' * round(shown[m])}  {m.label}" for m in MODALITIES]
    return Order("weights", "\n".join(lines), data=shown.model_dump())


def parse_weights(text: str, base: ModalityWeights) -> ModalityWeights:
    """Read "ST=9 MC=0" over `base` (QueryError for anything else)."""
    values = base.model_dump()
    for piece in re.split(r"[\s,]+", text.strip()):
        letters, _, number = piece.partition("=")
        letters = letters.upper()
        if letters not in values or not re.fullmatch(r"\d+(\.\d+)?", number) or float(number) > 10:
            raise QueryError(f"{piece!r} is no weight; write LETTERS=0..10 with {', '.join(values)}")
        values[letters] = float(number)
    return ModalityWeights(**values)


async def _save(session: Session, argument: str) -> Order:
    if not argument:
        raise QueryError("say the file: /save playlist.m3u")
    catalog = session.agent.catalog
    ids = await session.agent.playlist(session.thread)
    tracks = [catalog.track(track_id) for track_id in ids if track_id in catalog]
    if not tracks:
        raise QueryError("there is nothing to save yet")
    text, silent = m3u(tracks)
    path = written(argument, text)
    note = f"; for {silent} of them the catalog knows no address" if silent else ""
    return Order("save", f"{len(tracks)} tracks written to {path}{note}.", data=str(path))


def written(name: str, text: str) -> Path:
    """Write a file and return its path (QueryError where it cannot be written)."""
    path = Path(name).expanduser()
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise QueryError(f"cannot write {path}: {error.strerror or error}") from error
    return path


_ORDERS: Final[dict[str, Callable[[Session, str], Awaitable[Order]]]] = {
    "help": _help, "quit": _quit, "exit": _quit, "q": _quit, "like": _like, "dislike": _dislike, "why": _why,
    "weights": _weights, "save": _save, "taste": _taste, "ban": _ban, "unban": _unban, "forget": _forget,
    "undo": _undo, "erase": _erase,
}  # fmt: skip
