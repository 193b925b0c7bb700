"""Texts with their right tracks, and the precision of the first ten."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from segue.evals.bench.text_to_music import first_of, measure
from segue.evals.rankers import Scores
from segue.evals.text_queries import TextQuery, request_queries, tag_queries
from segue.generator.errors import SourceError
from segue.generator.track import Track
from segue.generator.training_data.artist_requests import ArtistRequests
from segue.tools.ranking.situation import Situation

HELD = next(name for name in map("Band {}".format, range(99)) if ArtistRequests(artist=name).held_out)
TRAINED = next(name for name in map("Group {}".format, range(99)) if not ArtistRequests(artist=name).held_out)


def track(number: int, artist: str, title: str) -> Track:
    return Track.model_validate({"id": f"t{number}", "title": title, "artists": [artist]})


def write_radio(folder: Path, songs: list[tuple[str, str, str]]) -> Path:
    """Write songs as (title, artist, numbers of the tags mellow and sad)."""
    files = {
        "radio_song_hash": [f"{n}\t{title}\t{artist}" for n, (title, artist, _) in enumerate(songs)],
        "radio_tags": [tags or "#" for _, _, tags in songs],
        "radio_tag_hash": ["0, mellow", "1, sad"],
    }
    for name, lines in files.items():
        (folder / f"{name}.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode() + b"\n"))
    return folder


def test_tags_are_judged_among_the_tracks_that_have_some(tmp_path: Path) -> None:
    mellow = [(f"Song {n} (w\\/ A Guest)", "The Singer", "0 1") for n in range(5)]
    songs = [*mellow, *((f"Song {n}", "Singer", "1") for n in range(5, 10)), ("Song 10", "Singer", "")]
    tracks = [track(n, "singer", f"Song {n}") for n in range(13)]
    queries = tag_queries(write_radio(tmp_path, songs), tracks)
    # All ten are sad, which half of them at most may be; "mellow, sad" is then not asked either.
    assert [(q.text, q.kind, q.relevant.sum(), q.pool.sum()) for q in queries] == [("mellow", "tag", 5, 10)]
    assert np.flatnonzero(queries[0].relevant).tolist() == [0, 1, 2, 3, 4]
    assert np.flatnonzero(queries[0].pool).tolist() == list(range(10))


def test_two_tags_are_met_by_what_carries_both(tmp_path: Path) -> None:
    tags = ["0 1"] * 5 + ["0"] * 3 + ["1"] * 3 + ["0"] * 0
    songs = [(f"Song {n}", "Singer", own) for n, own in enumerate(tags)]
    folder = write_radio(tmp_path, songs)
    assert tag_queries(folder, [track(n, "Singer", f"Song {n}") for n in range(11)]) == []  # eight of eleven are mellow
    (folder / "radio_tag_hash.txt.gz").unlink()
    with pytest.raises(SourceError):
        tag_queries(folder, [track(0, "Singer", "Song 0")])
    tags = ["0 1"] * 5 + ["0"] + ["1"] + ["2"] * 7
    write_radio(tmp_path, [(f"Song {n}", "Singer", own) for n, own in enumerate(tags)])
    (folder / "radio_tag_hash.txt.gz").write_bytes(gzip.compress(b"0, mellow\n1, sad\n2, loud\n"))
    queries = tag_queries(folder, [track(n, "Singer", f"Song {n}") for n in range(14)])
    assert [(q.text, q.kind, int(q.relevant.sum())) for q in queries] == [
        ("loud", "tag", 7), ("mellow", "tag", 6), ("sad", "tag", 6), ("mellow, sad", "two tags", 5),
    ]  # fmt: skip


def test_only_requests_for_artists_held_out_are_asked(tmp_path: Path) -> None:
    rows = [{"artist": name, "requests": [f"for {name}", "more"]} for name in (HELD, TRAINED, "Nobody")]
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    queries = request_queries(file, [track(0, TRAINED, "a"), track(1, HELD, "b")])
    assert [(q.text, q.kind, q.relevant.tolist()) for q in queries] == [
        (text, "request", [False, True]) for text in (f"for {HELD}", "more")
    ]
    assert queries[0].pool.all()


class Fixed:
    name = "fixed"

    def __init__(self, scores: Scores) -> None:
        self._scores = scores

    def scores(self, state: Situation) -> Scores:
        return self._scores


def test_precision_counts_what_is_found_in_the_pool_and_nothing_for_empty_places() -> None:
    scores = np.array([5, 4, 3, 2, -np.inf], dtype=np.float32)
    relevant = np.array([True, False, True, True, True])
    pool = np.array([False, True, True, True, True])
    found = measure([Fixed(scores)], [TextQuery("x", "tag", "x", relevant & pool, pool)])
    # In the pool the order is 1 (wrong), 2, 3; 4 is not found.
    assert found["fixed"][0] == pytest.approx([0, 1 / 2, 2 / 3] + [2 / k for k in range(4, 11)])
    assert found["chance"][0] == pytest.approx([3 / 4] * 10)


def test_equal_scores_follow_the_drawn_order_and_not_the_catalogs() -> None:
    order = np.array([2, 0, 1])
    assert first_of(np.zeros(3, dtype=np.float32), np.ones(3, dtype=bool), order).tolist() == [1, 2, 0]
    assert first_of(np.array([9, 0, 0], dtype=np.float32), np.ones(3, dtype=bool), order).tolist() == [0, 1, 2]
