"""Folders of audio: tags become tracks, and listening to them goes on where it stopped."""

from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen import id3
from numpy.typing import NDArray

from segue.tools.importing import analysis
from segue.tools.importing.analysis import Journal, analyse, describe_signal

RATE = 22_050


MAJOR = ((261.63, 329.63, 392.0), (349.23, 440.0, 523.25), (392.0, 493.88, 587.33), (261.63, 329.63, 392.0))
"""I, IV, V and I of C major."""


def beats(tempo: float, seconds: float, chords: tuple[tuple[float, ...], ...] = MAJOR) -> NDArray[np.float32]:
    """Return chords one after another, struck `tempo` times a minute."""
    time = np.arange(int(seconds * RATE)) / RATE
    chord = np.asarray(chords)[(time / seconds * len(chords)).astype(int)]
    tones = np.sin(2 * np.pi * chord * time[:, None]).sum(axis=1)
    return np.asarray(0.2 * np.exp(-6 * (time % (60 / tempo))) * tones, dtype=np.float32)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "album").mkdir(parents=True)
    for name in ("album/a.flac", "album/b.ogg", "album/c.mp3", "d.wav"):
        soundfile.write(folder / name, beats(120, 4), RATE)
    for name, title in (("album/a.flac", "Flac"), ("album/b.ogg", "Ogg")):
        file = mutagen.File(folder / name)
        file.update(
            {"title": title, "artist": ["Ann", "Bob"], "genre": ["folk", "jazz"], "date": "1971-03", "bpm": "99"}
        )
        file["musicbrainz_trackid"] = f"b1a9c0e9-d987-4042-ae91-78d6a3267d6{len(title)}"
        file.save()
    for name, title in (("album/c.mp3", "Mp3"), ("d.wav", "Wav")):
        file = mutagen.File(folder / name)
        file.add_tags()
        isrc = "GBAYE0601498" if title == "Wav" else "GBAYE0601499"
        frames = {"TIT2": title, "TPE1": "Ann", "TALB": "LP", "TCON": "17", "TBPM": "140", "TKEY": "F#m", "TSRC": isrc}
        for frame, text in frames.items():
            file.tags.add(getattr(id3, frame)(text=text))
        file.save()
    soundfile.write(folder / "03 - Carl - Untagged.flac", beats(90, 6), RATE)
    (folder / "broken.mp3").write_bytes(b"nothing of the kind")
    (folder / "cover.jpg").write_bytes(b"no music")
    return folder


def test_tags_of_all_formats(home: Any, music: Path) -> None:
    source = home.load(music).sources[0]
    assert (source.kind, source.rows, source.accepted, source.rejected) == ("audio", 6, 5, 1)
    assert "broken.mp3" in home.rejected()[0]["row"]
    tracks = {track.title: track for track in home.tracks()}
    assert set(tracks) == {"Flac", "Ogg", "Mp3", "Wav", "Untagged"}
    assert [artist.name for artist in tracks["Ogg"].artists] == ["Ann", "Bob"]
    assert (tracks["Flac"].genres, tracks["Flac"].released, tracks["Flac"].tempo) == (("folk", "jazz"), "1971-03", 99)
    assert (tracks["Mp3"].genres, tracks["Mp3"].key, tracks["Mp3"].album) == (("Rock",), "F# minor", "LP")
    assert tracks["Wav"].duration == pytest.approx(4, abs=0.1)
    assert tracks["Untagged"].artist == "Carl"
    assert tracks["Wav"].links == (str((music / "d.wav").resolve()),)
    # Tagging a file anew updates its track; moving it adds a link.
    assert home.load(music).update.changed == 0


def test_listening_fills_in_what_tags_leave_open(home: Any, music: Path) -> None:
    home.load(music, analyse=True, workers=1)
    tracks = {track.title: track for track in home.tracks()}
    untagged = tracks["Untagged"]
    assert untagged.tempo == pytest.approx(90, abs=3)
    assert (untagged.key, len(untagged.sound.timbre)) == ("C major", 31)
    assert tracks["Flac"].tempo == 99  # what the tag says outranks what was heard
    assert tracks["Flac"].key == "C major"
    assert untagged.title not in (home.folder / "analysis.jsonl").read_text()


def test_a_killed_analysis_goes_on(tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def hear(path: str) -> dict[str, Any]:
        heard.append(path)
        if len(heard) == 3:
            raise KeyboardInterrupt
        return {"tempo": 1.0 * len(heard)}

    monkeypatch.setattr(analysis, "describe_file", hear)
    files = sorted(music.rglob("*.flac")) + sorted(music.rglob("*.ogg")) + sorted(music.rglob("*.wav"))
    path = tmp_path / "analysis.jsonl"
    with pytest.raises(KeyboardInterrupt):
        analyse(files, Journal(path), workers=1, advance=lambda done, total: None)
    path.write_bytes(path.read_bytes() + b'{"file": "torn')
    found = analyse(files, Journal(path), workers=1, advance=lambda done, total: None)
    assert len(heard) == len(files) + 1
    assert found.keys() == set(files)
    soundfile.write(files[0], beats(100, 5), RATE)
    analyse(files, Journal(path), workers=1, advance=lambda done, total: None)
    assert heard[-1] == str(files[0])


def test_silence_is_not_described() -> None:
    with pytest.raises(ValueError, match="silence"):
        describe_signal(np.zeros(10 * RATE, dtype=np.float32))


def test_a_minor_key_is_heard_as_minor() -> None:
    minor = ((220.0, 261.63, 329.63), (293.66, 349.23, 440.0), (329.63, 415.3, 493.88), (220.0, 261.63, 329.63))
    assert describe_signal(beats(100, 6, minor))["key"] == "A minor"
