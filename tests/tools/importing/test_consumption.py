"""Playlists and listening histories find their tracks and note down what was heard together."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from segue.generator.track import Track

SPOTIFY = "6f807x0ima9a1j3VPbc7VN"
LIBRARY: list[dict[str, Any]] = [
    {"id": "halo", "title": "Halo", "artist": "Beyoncé", "url": "/music/halo.mp3"},
    {"id": "live", "title": "Halo (Live)", "artist": "Beyoncé"},
    {"id": "hurt", "title": "Hurt", "artist": "Johnny Cash", "spotify_id": SPOTIFY},
]


@pytest.fixture
def stocked(home: Any) -> Any:
    home.load(home.lines("library.jsonl", LIBRARY))
    return home


def by_id(home: Any) -> dict[str, Track]:
    return {track.id: track for track in home.tracks()}


def test_m3u_by_path_label_and_file_name(stocked: Any) -> None:
    secret = stocked.text("secret.txt", "not to be opened")
    file = stocked.text(
        "gym.m3u8",
        "#EXTM3U\n#PLAYLIST:Gym\n#EXTINF:261,whatever\n/music/halo.mp3\n#EXTINF:-1,Beyonce - Halo (live)\nx/1.mp3\n"
        f"01 - Johnny Cash - Hurt.flac\n{secret}\n",
    )
    source = stocked.load(file).sources[0]
    assert (source.rows, source.accepted, source.rejected) == (4, 3, 1)
    assert stocked.rejected()[0]["reason"] == "not in the catalog"
    places = {track.id: [(entry.name, entry.position) for entry in track.listened] for track in stocked.tracks()}
    assert places == {"halo": [("Gym", 0)], "live": [("Gym", 1)], "hurt": [("Gym", 2)]}
    # The playlist of a file replaces what was known of it.
    stocked.text("gym.m3u8", "Johnny Cash - Hurt.flac\n")
    stocked.load(file)
    assert [track.id for track in stocked.tracks() if track.listened] == ["hurt"]
    assert by_id(stocked)["hurt"].listened[0].position == 0


def test_jspf(stocked: Any) -> None:
    tracks = [
        {"identifier": [f"https://open.spotify.com/track/{SPOTIFY}"], "title": "?"},
        {"title": "Halo", "creator": "Beyoncé", "duration": 261000},
        "nonsense",
    ]
    file = stocked.text(
        "mix.jspf", json.dumps({"playlist": {"title": "Mix", "identifier": "urn:mix", "track": tracks}})
    )
    source = stocked.load(file).sources[0]
    assert (source.rows, source.accepted, source.rejected) == (3, 2, 1)
    assert {track.id for track in stocked.tracks() if track.listened} == {"halo", "hurt"}
    assert by_id(stocked)["hurt"].listened[0].id == "urn:mix"


def test_missing_entries_become_tracks_where_wanted(stocked: Any) -> None:
    file = stocked.text("new.m3u", "#EXTINF:200,Nina Simone - Sinnerman\nsinnerman.mp3\n#EXTINF:1,nameless\nx.mp3\n")
    source = stocked.load(file, add_missing=True).sources[0]
    assert (source.accepted, source.rejected) == (1, 1)
    added = next(track for track in stocked.tracks() if track.title == "Sinnerman")
    assert (added.artist, added.duration, len(added.listened)) == ("Nina Simone", 200, 1)


def listen(at: int, title: str, artist: str) -> dict[str, Any]:
    return {"listened_at": at, "track_metadata": {"track_name": title, "artist_name": artist, "additional_info": {}}}


def test_sessions_end_after_thirty_minutes_and_count_once(stocked: Any) -> None:
    start = 1_700_000_000
    listens = [
        listen(start, "Halo", "Beyonce"), listen(start + 300, "Hurt", "Johnny Cash"),
        listen(start + 600, "Halo", "Beyoncé"), listen(start + 600 + 1801, "Hurt", "Johnny Cash"),
        {"track_metadata": {}},
    ]  # fmt: skip
    path = stocked.root / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("listens/2023/11.jsonl", "\n".join(map(json.dumps, reversed(listens))))
    source = stocked.load(path).sources[0]
    assert (source.kind, source.rows, source.accepted, source.rejected) == ("listenbrainz", 5, 4, 1)
    tracks = by_id(stocked)
    assert (tracks["halo"].plays, tracks["hurt"].plays) == (2, 2)
    first, second = tracks["hurt"].listened
    assert first.id == tracks["halo"].listened[0].id != second.id
    assert (first.kind, tracks["halo"].listened[0].position, first.position) == ("session", 0, 1)
    stocked.load(path)
    assert by_id(stocked) == tracks


def test_spotify_history(stocked: Any, tmp_path: Path) -> None:
    folder = tmp_path / "spotify"
    folder.mkdir()
    heard = {
        "ts": "2023-11-14T22:13:20Z",
        "ms_played": 180000,
        "master_metadata_track_name": "Hurt",
        "master_metadata_album_artist_name": "Johnny Cash",
        "spotify_track_uri": f"spotify:track:{SPOTIFY}",
    }
    listens = [heard, {**heard, "ms_played": 5000}, {**heard, "master_metadata_track_name": None}]
    (folder / "Streaming_History_Audio_2023.json").write_text(json.dumps(listens))
    source = stocked.load(folder).sources[0]
    assert (source.kind, source.rows, source.accepted) == ("spotify", 3, 1)
    reasons = [entry["reason"] for entry in stocked.rejected()]
    assert reasons == ["played for less than 30 seconds", "not music (a podcast, an audiobook or a video)"]
    assert by_id(stocked)["hurt"].plays == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n1700000000,x,Beyoncé,,,,Halo,\n"),
        ("b.csv", '"Beyoncé","I Am","Halo","14 Nov 2023 22:13"\n'),
        ("c.json", '[{"track": [{"artist": {"#text": "Beyoncé"}, "name": "Halo", "date": {"uts": "1700000000"}}]}]'),
        (
            "d.json",
            '[{"endTime": "2023-11-14 22:13", "artistName": "Beyoncé", "trackName": "Halo", "msPlayed": 60000}]',
        ),
    ],
)
def test_other_histories(stocked: Any, name: str, text: str) -> None:
    source = stocked.load(stocked.text(name, text)).sources[0]
    assert (source.rows, source.accepted) == (1, 1)
    assert by_id(stocked)["halo"].plays == 1


def test_playlists_of_ids_and_libraries_come_first(home: Any) -> None:
    playlists = home.lines("playlists.jsonl", [{"id": "p", "name": "P", "tracks": ["hurt", "gone"]}, {"id": "q"}])
    summary = home.load(playlists, home.lines("library.jsonl", LIBRARY))
    assert [source.kind for source in summary.sources] == ["jsonl", "playlists"]
    assert (summary.sources[1].rows, summary.sources[1].accepted, summary.sources[1].rejected) == (3, 1, 2)
    assert by_id(home)["hurt"].listened[0].name == "P"
