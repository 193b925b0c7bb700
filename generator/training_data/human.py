"""Conversations between people in which one builds a playlist with another's help (CPCD), as examples.

Reads the published JSON Lines (gzipped or not). The tracks that people rated are found in the catalog by their YouTube
id or, where it has none, by folded title and artist; a track that the catalog lacks is left out of the history and is
no target. Each liked track is one example: the dialogue before it, and the track. Dialogues are split by a hash of
their id, so that train and held-out parts are the same everywhere.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from segue.generator.errors import SourceError
from segue.generator.json_lines import read_lines
from segue.generator.names import artist_key, work_key
from segue.generator.track import Track
from segue.generator.training_data.example import Example, ExampleTurn

HELD_OUT_IN: Final = 5
"""One dialogue in so many is held out."""
Split = Literal["train", "held"]


class RatedTrack(BaseModel):
    """Names of a track that was shown."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    track_titles: str
    track_artists: tuple[str, ...] = ()


class HumanTurn(BaseModel):
    """One exchange: what was asked, which of the tracks shown were liked and disliked, what was said."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user_query: str = ""
    system_response: str = ""
    liked_results: tuple[str, ...] = ()
    disliked_results: tuple[str, ...] = ()


class HumanDialogue(BaseModel):
    """One conversation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    turns: tuple[HumanTurn, ...]
    tracks: dict[str, RatedTrack] = {}

    @property
    def split(self) -> Split:
        """The part of the data that this dialogue belongs to."""
        held = int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % HELD_OUT_IN == 0
        return "held" if held else "train"


def read_dialogues(path: Path, split: Split | None = None) -> Iterator[HumanDialogue]:
    """Yield the dialogues of a file, all or one part. Raises SourceError, with the line, for what is none."""
    for number, line in read_lines(path):
        try:
            dialogue = HumanDialogue.model_validate(json.loads(line))
        except (ValueError, ValidationError) as error:
            raise SourceError(f"{path}, line {number}: not a dialogue: {error}") from error
        if split in (None, dialogue.split):
            yield dialogue


class TrackResolver:
    """Finds rated tracks in a catalog: by YouTube id, else by work (title without version, and any of the artists)."""

    def __init__(self, tracks: Iterable[Track]) -> None:
        self._by_youtube: dict[str, str] = {}
        self._by_work: dict[str, str] = {}
        for track in tracks:
            for name in track.ids.youtube:
                self._by_youtube.setdefault(name, track.id)
            for artist in track.artists:
                self._by_work.setdefault(work_key(track.title, artist.name), track.id)

    def resolve(self, youtube: str, names: RatedTrack | None) -> str | None:
        """Return the id of the catalog's track, or None where it has none."""
        if youtube in self._by_youtube or names is None:
            return self._by_youtube.get(youtube)
        for credit in names.track_artists:
            # "Obie Trice feat. Dr. Dre" is billed as one name here and as two elsewhere.
            for artist in (credit, credit.split(" feat. ")[0]):
                found = self._by_work.get(work_key(names.track_titles, artist_key(artist)))
                if found is not None:
                    return found
        return None


def human_examples(dialogues: Iterable[HumanDialogue], resolver: TrackResolver) -> Iterator[Example]:
    """Yield one example per track that was liked: the dialogue up to the message that it answers, and the track.

    Tracks liked in the same turn share a history; none of them stands in it. A track rated before is no target again.
    """
    for dialogue in dialogues:
        history: list[ExampleTurn] = []
        seen: set[str] = set()
        for turn in dialogue.turns:
            if turn.user_query.strip():
                history.append(ExampleTurn("user", turn.user_query))
            liked, disliked = (
                _resolved(ids, dialogue, resolver, seen) for ids in (turn.liked_results, turn.disliked_results)
            )
            for track in liked:
                yield Example(tuple(history), track, "human", (), turn.system_response, dialogue.id)
            history += [ExampleTurn("music", track=track, liked=True) for track in liked]
            history += [ExampleTurn("music", track=track, liked=False) for track in disliked]
            if turn.system_response.strip():
                history.append(ExampleTurn("assistant", turn.system_response))


def _resolved(ids: Iterable[str], dialogue: HumanDialogue, resolver: TrackResolver, seen: set[str]) -> list[str]:
    """Return the catalog ids of rated tracks that were not rated before, and remember them."""
    found = [resolver.resolve(name, dialogue.tracks.get(name)) for name in ids]
    new = [track for track in dict.fromkeys(found) if track is not None and track not in seen]
    seen.update(new)
    return new
