"""Write the encyclopedia of artists that ships with the importer, from the open data.

python scripts/build_encyclopedia.py DATA    DATA: the folder of artist_facts.jsonl, artist_bios.jsonl and essentials/
"""

import gzip
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from segue.generator.names import artist_key
from segue.tools.importing.encyclopedia import FIELDS, SHIPPED

GENRES, MOODS = 5, 5
"""Labels of an artist's tracks that are kept where no label is written for the artist."""


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def main(data: Path) -> None:
    """Join the facts and biographies, and add what an artist's best-known tracks have in common."""
    known: dict[str, dict[str, Any]] = {}
    for name in ("artist_facts.jsonl", "artist_bios.jsonl"):
        for row in _rows(data / name):
            known.setdefault(artist_key(row["artist"]), {"name": row["artist"]} | row)
    labels: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: {"genres": Counter(), "moods": Counter()})
    for track in _rows(data / "essentials" / "tracks.jsonl"):
        for field, counter in labels[artist_key(track["artists"][0])].items():
            counter.update(track.get(field, []))
    for key, counters in labels.items():
        artist = known.get(key)
        if artist is None:
            continue
        for field, most in (("genres", GENRES), ("moods", MOODS)):
            artist[field] = artist.get(field) or [label for label, _ in counters[field].most_common(most)]
    lines = []
    for _, artist in sorted(known.items()):
        kept = {field: artist[field] for field in ("name", *FIELDS) if artist.get(field)}
        lines.append(json.dumps(kept, ensure_ascii=False, sort_keys=True) + "\n")
    # A fixed time stamp: the same data give the same bytes.
    SHIPPED.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    print(f"{len(lines):,} artists, {SHIPPED.stat().st_size / 1e3:,.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
