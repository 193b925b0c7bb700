"""Imports what was heard together: playlists and listening histories become `listened` and `plays` of tracks.

An entry that means no track of the catalog is rejected, or becomes a track where that is wanted. Knows entries, not the
formats they come from.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from segue.generator.names import artist_key, fold
from segue.generator.track import Listened
from segue.tools.importing.entries import Entry, Playlist
from segue.tools.importing.rejections import Rejections
from segue.tools.importing.rows import Rejection, reject
from segue.tools.importing.staging import Staging
from segue.tools.importing.summary import SourceSummary
from segue.tools.importing.tables import Advance

SESSION_GAP: Final = 30 * 60
"""Seconds without a listen that end a session."""
_STEP: Final = 500


class ConsumptionImport:
    """Finds the tracks that entries mean and notes down what was heard together."""

    def __init__(self, staging: Staging, rejections: Rejections, summary: SourceSummary, *, add_missing: bool) -> None:
        self._staging = staging
        self._rejections = rejections
        self._summary = summary
        self._add_missing = add_missing

    def playlists(self, playlists: Iterable[Playlist | Rejection], advance: Advance) -> None:
        """Import playlists; each replaces what the catalog knew of the playlist of that id."""
        for playlist in playlists:
            if isinstance(playlist, Rejection):
                self._refuse(playlist)
                continue
            places: dict[str, int] = {}
            for position, entry in enumerate(playlist.entries):
                track = self._resolve(entry)
                if track is not None and track in places:
                    self._summary.merged += 1
                elif track is not None:
                    self._summary.accepted += 1
                    places[track] = position
            for gone in self._staging.members(playlist.id) - places.keys():
                self._replace(gone, playlist.id, [])
            for track, position in places.items():
                place = Listened(id=playlist.id, name=playlist.name, position=position)
                self._replace(track, playlist.id, [place])
            advance(self._summary.rows)

    def history(self, listens: Iterable[Entry | Rejection], advance: Advance) -> None:
        """Import listens: sessions are runs without a gap of more than 30 minutes.

        Sessions that a track is known to be part of are not counted again, so that an export may be imported twice, or
        again when it has grown.
        """
        heard: list[tuple[int, str | None, str]] = []
        for entry in listens:
            meant = self._resolve(entry)
            if meant is not None:
                self._summary.accepted += 1
            if isinstance(entry, Entry) and entry.listened_at is not None:
                heard.append((entry.listened_at, meant, f"{fold(entry.title)}\x1f{artist_key(entry.artist)}"))
            if self._summary.rows % _STEP == 0:
                advance(self._summary.rows)
        advance(self._summary.rows)
        heard.sort(key=lambda listen: listen[0])
        additions: defaultdict[str, list[tuple[Listened, int]]] = defaultdict(list)
        for session in _sessions(heard):
            start, _, first = session[0]
            digest = hashlib.sha256(f"{start}\x1f{first}".encode("utf-8", "backslashreplace")).hexdigest()[:12]
            counts = Counter(track_id for _, track_id, _ in session if track_id is not None)
            placed: set[str] = set()
            for position, (_, track_id, _) in enumerate(session):
                if track_id is not None and track_id not in placed:
                    placed.add(track_id)
                    place = Listened(id=f"session-{digest}", kind="session", position=position)
                    additions[track_id].append((place, counts[track_id]))
        for track_id, sessions in additions.items():
            track = self._staging.get(track_id)
            known = {place.id for place in track.listened}
            new = [(place, plays) for place, plays in sessions if place.id not in known]
            if new:
                update = {
                    "listened": (*track.listened, *(place for place, _ in new)),
                    "plays": track.plays + sum(plays for _, plays in new),
                }
                self._staging.put(track.model_copy(update=update))

    def _resolve(self, entry: Entry | Rejection) -> str | None:
        """Count the entry and return the track that it means, or None after rejecting it."""
        if isinstance(entry, Rejection):
            self._refuse(entry)
            return None
        self._summary.rows += 1
        index = self._staging.index
        if entry.track_id is not None and entry.track_id in index:
            return entry.track_id
        found = index.resolve(
            entry.title, entry.artist, external=entry.external, path=entry.path, album=entry.album,
            duration=entry.duration,
        )  # fmt: skip
        if found is not None:
            return found
        reason = "not in the catalog"
        if self._add_missing:
            try:
                track = entry.to_track()
            except ValueError:
                reason = "not in the catalog, and too little is said to add it"
            else:
                self._staging.put(track)
                return track.id
        self._summary.rows -= 1
        self._refuse(reject(entry.line, reason, str(entry)))
        return None

    def _refuse(self, rejection: Rejection) -> None:
        self._summary.rows += 1
        self._summary.rejected += 1
        self._rejections.add(self._summary.source, rejection)

    def _replace(self, track_id: str, playlist: str, entries: list[Listened]) -> None:
        track = self._staging.get(track_id)
        kept = tuple(entry for entry in track.listened if entry.id != playlist)
        listened = (*kept, *entries)
        if set(listened) != set(track.listened):
            self._staging.put(track.model_copy(update={"listened": listened}))


def _sessions(heard: list[tuple[int, str | None, str]]) -> Iterable[list[tuple[int, str | None, str]]]:
    session: list[tuple[int, str | None, str]] = []
    for listen in heard:
        if session and listen[0] - session[-1][0] > SESSION_GAP:
            yield session
            session = []
        session.append(listen)
    if session:
        yield session
