"""Build the default catalog that ships in the package: well-known tracks joined with what is known of their artists.

    python scripts/build_default_catalog.py SOURCE tools/catalog/default

SOURCE holds `essentials/tracks.jsonl`, `essentials/playlists.jsonl`, `artist_facts.jsonl` and `artist_bios.jsonl`, all
written for this project. Three files come out: `tracks.parquet`, the truth of the catalog; `vectors.npz`, its sentence
embeddings, so that a newcomer need not wait for them; and `provenance.json`, which says for each field where it comes
from, under which terms and for how many tracks it is known.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from segue import Track
from segue.generator.names import artist_key
from segue.generator.remembered import RememberedSentences
from segue.generator.sentences import SentenceEncoder
from segue.tools.catalog.describe import describe
from segue.tools.catalog.parquet import to_batch, write_parquet
from segue.tools.ranking.tower_artefact import described

Row = dict[str, Any]

_OURS = {"terms": "Apache-2.0, written for this project from general knowledge"}
_FROM_TRACKS = "title artists album credits genres moods themes instruments vocals language tempo_class released facts"
# Source and remark of each field of a track, as `provenance.json` publishes them.
_ORIGINS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(_FROM_TRACKS.split(), ("essentials/tracks.jsonl", "as written")),
    "sound": ("essentials/tracks.jsonl", "energy only: the felt energy 1..5, scaled to 0..1"),
    "listened": ("essentials/playlists.jsonl", "the playlists that a track stands in"),
    "work_id": ("derived", "from the title and the first artist"),
    "version": ("derived", "from the title"),
}
_ARTIST_FIELDS = ("kind", "gender", "origin", "active_from", "active_to", "genres", "moods", "associated", "about")


def read_rows(path: Path) -> list[Row]:
    """Return the objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


class Biographies:
    """What is known of artists, found by the exact name first, then by the folded one.

    Facts outrank bios where both know an artist, for they also carry genres and moods.
    """

    def __init__(self, bios: Iterable[Row], facts: Iterable[Row]) -> None:
        self._by_name: dict[str, Row] = {}
        self._by_key: dict[str, Row] = {}
        for row in (*bios, *facts):
            self._by_name[row["artist"]] = row
            self._by_key[artist_key(row["artist"])] = row

    def artist(self, name: str) -> Row:
        """Return the fields of an `Artist`; only the name where nothing more is known."""
        known = self._by_name.get(name) or self._by_key.get(artist_key(name)) or {}
        return {"name": name} | {field: known[field] for field in _ARTIST_FIELDS if known.get(field) is not None}


def build_tracks(source: Path) -> list[Track]:
    """Return the joined tracks in the order of the source."""
    biographies = Biographies(read_rows(source / "artist_bios.jsonl"), read_rows(source / "artist_facts.jsonl"))
    playlists: dict[str, list[Row]] = defaultdict(list)
    for playlist in read_rows(source / "essentials" / "playlists.jsonl"):
        for position, track_id in enumerate(playlist["tracks"]):
            playlists[track_id].append({"id": playlist["id"], "name": playlist["name"], "position": position})
    return [
        Track(
            id=row["id"],
            title=row["title"],
            artists=[biographies.artist(name) for name in row["artists"]],
            album=row["album"],
            released=row["year"],
            genres=row["genres"],
            moods=row["moods"],
            themes=row["themes"],
            instruments=row["instruments"],
            vocals=row["vocals"],
            language=row["language"],
            tempo_class=row["tempo"],
            sound={"energy": (row["energy"] - 1) / 4} if row["energy"] else {},
            credits=[{"name": name, "role": role} for name, role in row["credits"] or ()],
            facts=row["fact"],
            listened=playlists[row["id"]],
        )
        for row in read_rows(source / "essentials" / "tracks.jsonl")
    ]


def provenance(tracks: list[Track]) -> Row:
    """Return where each field comes from and for how many tracks it is known."""
    fields: Row = {}
    for field, (origin, remark) in _ORIGINS.items():
        empty = Track.model_fields[field].default
        known = sum(getattr(track, field) not in (None, (), empty) for track in tracks)
        fields[field] = {"source": origin, "remark": remark, "known": known, **_OURS}
    for field in _ARTIST_FIELDS:
        known = sum(any(getattr(artist, field) not in (None, ()) for artist in track.artists) for track in tracks)
        source = "artist_facts.jsonl" if field in ("genres", "moods") else "artist_facts.jsonl, artist_bios.jsonl"
        fields[f"artists.{field}"] = {"source": source, "remark": "joined by artist", "known": known, **_OURS}
    return {"name": "Segue essentials", "tracks": len(tracks), "fields": fields}


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    tracks = build_tracks(arguments.source)
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_parquet(arguments.out / "tracks.parquet", [to_batch(tracks)])
    (arguments.out / "vectors.npz").unlink(missing_ok=True)
    vectors = RememberedSentences(SentenceEncoder(), arguments.out / "vectors.npz")
    vectors.encode([describe(track) for track in tracks])
    vectors.encode([text for track in tracks if (text := described(track.artists[0]))])
    vectors.save(np.float16)
    text = json.dumps(provenance(tracks), indent=2, ensure_ascii=False)
    (arguments.out / "provenance.json").write_text(text + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in arguments.out.iterdir())
    print(f"{len(tracks)} tracks, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
