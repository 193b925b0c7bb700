"""D_conv written by a chat model, as TalkPlay makes it (section 3.2, appendix A): any LangChain chat model will do.

A task is the tracks of one playlist and a *negative set*: tracks near them that the listener will turn down. The model
writes a conversation as a JSON list of user, music and assistant; what it writes is checked by `conversation_from`
before anything learns from it. A journal (JSON Lines) keeps every finished task, so that an interrupted run goes on
where it stopped and pays for nothing twice. Playlists choose the tracks; no text may speak of them.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from segue.generator.errors import SourceError, SynthesisError
from segue.generator.track import Track
from segue.generator.training_data.example import Example, ExampleTurn
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.synthetic import InvalidConversation, SyntheticTurn, conversation_from

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_INSTRUCTIONS: Final = """\
You write training conversations between a music listener and a recommender. Answer with one JSON list and nothing else.
Each element is {"role": "user" | "music" | "assistant", "content": "..."}; the content of "music" is a track id.

- The conversation starts with the listener. {opening}
- In each exchange the listener speaks, then comes one "music", then one short "assistant" message about that track.
- Recommend one track per exchange, one that shares genre, artist, mood, theme, tempo or era with what was asked.
- Recommend at least half of the tracks under TRACKS, each at most once.
- The listener sometimes agrees ("This is great!"), sometimes just asks for the next one.
- At least once, where NEGATIVE SET is not empty, recommend a track of the NEGATIVE SET: the listener does not like it,
  says so in the next message, and names a new direction ("something more upbeat"). The recommender then adapts.
- Speak of what is known of the tracks: names, genres, moods, themes, sound, tempo, year, credits, facts, the artist.
- Never say or hint that tracks come from a list, a playlist or a set, or that they are heard together.
- Never write a track id in a message. Vary the listeners: short and long, polite and blunt, lower case, typos."""
_OPENINGS: Final = {
    "specific": 'The first message asks for a certain song or artist ("superstition by stevie wonder").',
    "free": 'The first message describes what is wanted in free words ("play some 90s rock", "party anthems").',
}
_LEAST: Final = 3
"""A playlist of fewer tracks makes no conversation."""


class SynthesisSettings(BaseModel):
    """How conversations are made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tracks: int = 7
    """Tracks of a playlist per conversation (TalkPlay's average)."""
    negatives: int = 3
    attempts: int = 3
    """Answers asked for per conversation; the reason why one was refused goes into the next question."""
    patience: int = 10
    """Conversations in a row that may fail before SynthesisError is raised."""


@dataclass(frozen=True, slots=True)
class SynthesisTask:
    """One conversation to write."""

    id: str
    tracks: tuple[Track, ...]
    negatives: tuple[Track, ...]
    opening: str


class JournalEntry(BaseModel):
    """One finished task: its turns, or why there are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    turns: tuple[SyntheticTurn, ...] = ()
    negatives: tuple[str, ...] = ()
    error: str | None = None


def plan(
    index: TrackIndex, count: int, *, seed: int = 0, settings: SynthesisSettings | None = None
) -> Iterator[SynthesisTask]:
    """Yield `count` tasks, the same for the same seed; nothing for a catalog without playlists of three tracks."""
    settings = settings or SynthesisSettings()
    random = Random(seed)
    playlists = {name: rows for name, rows in index.playlists.items() if len(rows) >= _LEAST}
    names = sorted(playlists)
    for number in range(count if names else 0):
        rows = playlists[random.choice(names)]
        start = random.randrange(max(1, len(rows) - settings.tracks + 1))
        chosen = rows[start : start + settings.tracks]
        near = (index.genre_mate(random.choice(chosen), random) for _ in range(settings.negatives * 4))
        negatives = dict.fromkeys(row for row in near if row is not None and row not in rows)
        tracks = tuple(index.tracks[row] for row in chosen)
        refused = tuple(index.tracks[row] for row in list(negatives)[: settings.negatives])
        # The journal of another catalog must not answer for this one.
        digest = hashlib.sha256("\0".join(track.id for track in (*tracks, *refused)).encode()).hexdigest()[:8]
        yield SynthesisTask(f"{seed}-{number}-{digest}", tracks, refused, random.choice(sorted(_OPENINGS)))


def messages_for(task: SynthesisTask) -> list[tuple[str, str]]:
    """Return the system and the human message that ask a chat model for one conversation."""
    tracks, negatives = (
        json.dumps({track.id: describe(track) for track in group}, ensure_ascii=False, indent=1)
        for group in (task.tracks, task.negatives)
    )
    return [
        ("system", _INSTRUCTIONS.replace("{opening}", _OPENINGS[task.opening])),
        ("human", f"TRACKS\n{tracks}\n\nNEGATIVE SET\n{negatives}"),
    ]


def describe(track: Track) -> dict[str, Any]:
    """Return what a chat model is told of a track: everything that can be spoken of, no playlist and no address."""
    hidden = {"id", "work_id", "listened", "plays", "popularity", "ids", "links"}
    known = track.model_dump(mode="json", exclude=hidden, exclude_defaults=True)
    for sound in filter(None, [known.get("sound")]):
        for measured in ("timbre", "embedding", "embedding_model"):
            sound.pop(measured, None)
    return known


def synthesize(
    model: "BaseChatModel", tasks: Iterator[SynthesisTask], journal: Path, *, settings: SynthesisSettings | None = None
) -> Iterator[Example]:
    """Yield the examples of every task; tasks in the journal are read from it, the others are asked for and added.

    Errors of the model's service are raised as they are: the journal keeps what was paid for. Raises SynthesisError
    where `settings.patience` conversations in a row are refused.
    """
    settings = settings or SynthesisSettings()
    done = read_journal(journal)
    failed = 0
    for task in tasks:
        entry = done.get(task.id)
        if entry is None:
            entry = _write(model, task, settings)
            _append(journal, entry)
            failed = failed + 1 if entry.error else 0
            if failed >= settings.patience:
                raise SynthesisError(f"{failed} conversations in a row were refused; the last because {entry.error}")
        yield from examples_of(entry)


def examples_of(entry: JournalEntry) -> Iterator[Example]:
    """Yield one example per recommended track, those of the negative set excepted: they stand in the history only."""
    history: list[ExampleTurn] = []
    for place, turn in enumerate(entry.turns):
        if turn.role == "music":
            refused = turn.content in entry.negatives
            if not refused:
                following = entry.turns[place + 1]
                yield Example(tuple(history), turn.content, "synthetic", (), response=following.content)
            history.append(ExampleTurn("music", track=turn.content, liked=False if refused else None))
        else:
            history.append(ExampleTurn(turn.role, turn.content))


def read_journal(path: Path) -> dict[str, JournalEntry]:
    """Return the finished tasks by id. A last line that was torn by a crash is cut off; any other is a SourceError."""
    if not path.exists():
        return {}
    text = path.read_bytes()
    whole, _, torn = text.rpartition(b"\n")
    if torn:
        os.truncate(path, len(text) - len(torn))
    entries = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            entry = JournalEntry.model_validate_json(line)
        except ValidationError as error:
            raise SourceError(f"{path}, line {number}: not an entry of a synthesis journal: {error}") from error
        entries[entry.task] = entry
    return entries


def _append(path: Path, entry: JournalEntry) -> None:
    with path.open("a", encoding="utf-8") as journal:
        journal.write(entry.model_dump_json() + "\n")
        journal.flush()
        os.fsync(journal.fileno())


def _write(model: "BaseChatModel", task: SynthesisTask, settings: SynthesisSettings) -> JournalEntry:
    """Ask until an answer passes; a failed task is an entry too, so that it is not paid for again."""
    messages: list[tuple[str, str]] = messages_for(task)
    negatives = tuple(track.id for track in task.negatives)
    reason = "nothing was asked"
    for _ in range(settings.attempts):
        answer = str(model.invoke(_as_messages(messages)).text)
        try:
            turns = conversation_from(answer, [track.id for track in task.tracks], negatives)
        except InvalidConversation as error:
            reason = str(error)
            messages = [
                *messages,
                ("ai", answer),
                ("human", f"That was refused: {reason}. Write the whole list again."),
            ]
        else:
            return JournalEntry(task=task.id, turns=turns, negatives=negatives)
    return JournalEntry(task=task.id, negatives=negatives, error=reason)


def _as_messages(messages: Sequence[tuple[str, str]]) -> list[Any]:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"system": SystemMessage, "human": HumanMessage, "ai": AIMessage}
    return [kinds[kind](content=text) for kind, text in messages]
