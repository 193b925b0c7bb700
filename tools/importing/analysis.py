"""Listens to audio files: tempo, key, loudness and a timbre vector, by librosa (the `audio` extra).

Files are analysed in several processes, and each result is written to a journal at once, so that a killed analysis goes
on where it stopped; a file is analysed anew when its size or time of change differ. Knows signals, not tracks.
"""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from segue.generator.errors import SourceError
from segue.generator.track import KEYS

JOURNAL: Final = "analysis.jsonl"
"""The journal's name within the catalog folder. It holds hashes of paths, no names."""
METHOD: Final = 1
"""Goes up when the same file would be described otherwise."""
SAMPLE_RATE: Final = 22_050
LONGEST: Final = 90.0
"""Seconds that are listened to, from the middle of the file."""
SHORTEST: Final = 3.0
"""Seconds below which neither tempo nor key mean anything."""

# How strongly each pitch class is felt to belong to a key: the probe-tone ratings of Krumhansl and Kessler (1982).
_MAJOR: Final = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR: Final = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


def require_librosa() -> None:
    """Make sure that audio can be analysed.

    Raises:
        SourceError: the `audio` extra is not installed.
    """
    if find_spec("librosa") is None or find_spec("soundfile") is None:
        raise SourceError("analysing audio needs librosa: pip install 'segue[audio]', or import without --analyse")


def estimate_key(chroma: NDArray[np.floating[Any]]) -> str | None:
    """Return one of `KEYS` from the mean energy of the twelve pitch classes (C first), or None where none stands out.

    The key whose profile correlates best (Krumhansl-Schmuckler).
    """
    if not np.isfinite(chroma).all() or float(chroma.std()) < 1e-6:
        return None
    profiles = np.stack([np.roll(profile, tone) for profile in (_MAJOR, _MINOR) for tone in range(12)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    scores = centred @ (chroma - chroma.mean()) / np.linalg.norm(centred, axis=1)
    return KEYS[int(scores.argmax())]


def describe_signal(signal: NDArray[np.float32], rate: int = SAMPLE_RATE) -> dict[str, Any]:
    """Return tempo (beats per minute), key, loudness (dB relative to full scale) and timbre of a mono signal.

    `timbre` has 31 numbers: means and standard deviations of 13 MFCCs, then the means of spectral centroid, bandwidth,
    roll-off (all as shares of half the sample rate), flatness and zero-crossing rate.
    """
    import librosa

    power = float(np.mean(np.square(signal, dtype=np.float64)))
    if power < 1e-10 or len(signal) < SHORTEST * rate:
        raise ValueError("silence, or shorter than three seconds")
    spectrum = np.abs(librosa.stft(signal))
    onsets = librosa.onset.onset_strength(S=librosa.power_to_db(librosa.feature.melspectrogram(S=spectrum**2, sr=rate)))
    tempo = float(np.atleast_1d(librosa.feature.tempo(onset_envelope=onsets, sr=rate))[0])
    chroma = librosa.feature.chroma_stft(S=spectrum**2, sr=rate, tuning=None).mean(axis=1)
    mfcc = librosa.feature.mfcc(y=signal, sr=rate, n_mfcc=13)
    shape = [
        librosa.feature.spectral_centroid(S=spectrum, sr=rate).mean() / (rate / 2),
        librosa.feature.spectral_bandwidth(S=spectrum, sr=rate).mean() / (rate / 2),
        librosa.feature.spectral_rolloff(S=spectrum, sr=rate).mean() / (rate / 2),
        librosa.feature.spectral_flatness(S=spectrum).mean(),
        librosa.feature.zero_crossing_rate(signal).mean(),
    ]
    timbre = np.concatenate([mfcc.mean(axis=1), mfcc.std(axis=1), shape])
    return {
        # A signal without onsets has no tempo, whatever the prior of the estimator says.
        "tempo": round(tempo, 1) if float(onsets.max()) > 0 and tempo > 0 else None,
        "key": estimate_key(chroma),
        "loudness": round(10 * float(np.log10(power)), 2),
        "timbre": [round(float(value), 5) for value in timbre],
    }


def describe_file(path: str) -> dict[str, Any]:
    """Return `describe_signal` of the middle of a file, or {"problem": reason} where it cannot be listened to.

    What libsndfile decodes can be heard: WAV, AIFF, FLAC, Ogg, Opus and MP3, not AAC.
    """
    import librosa
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            wanted = int(LONGEST * file.samplerate)
            file.seek(max(0, (file.frames - wanted) // 2))
            samples = file.read(wanted, dtype="float32", always_2d=True)
            signal = librosa.resample(samples.mean(axis=1), orig_sr=file.samplerate, target_sr=SAMPLE_RATE)
        return describe_signal(signal)
    except Exception as error:  # noqa: BLE001 - one damaged file must not end the analysis of the others
        return {"problem": f"cannot be listened to: {type(error).__name__}: {error}"}


class Journal:
    """Results on disk, one JSON line for each file; what a kill tears is the last line, which is then passed over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_bytes().splitlines():
                try:
                    entry = from_json(line)
                    self._known[entry["file"]] = entry["result"]
                except (ValueError, TypeError, KeyError):
                    continue

    @staticmethod
    def stamp(path: Path) -> str:
        """Return what a file is known by: path, size, time of change and method of analysis."""
        status = path.stat()
        text = f"{METHOD}\x1f{path.resolve()}\x1f{status.st_size}\x1f{status.st_mtime_ns}"
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def get(self, stamp: str) -> dict[str, Any] | None:
        """Return the result for a stamp, if there is one."""
        return self._known.get(stamp)

    def add(self, stamp: str, result: dict[str, Any]) -> None:
        """Write a result down at once."""
        self._known[stamp] = result
        with self.path.open("a", encoding="utf-8") as file:
            # A torn last line must not swallow this one.
            file.write(f"\n{json.dumps({'file': stamp, 'result': result})}\n")


def analyse(
    files: Iterable[Path], journal: Journal, *, workers: int | None = None, advance: Callable[[int, int], None]
) -> dict[Path, dict[str, Any]]:
    """Return the description of every file, new ones analysed in `workers` processes (1: in this one).

    `advance` is called with the number of files done since the last call, and with their total.

    Raises:
        SourceError: the `audio` extra is not installed.
    """
    require_librosa()
    stamps = {path: Journal.stamp(path) for path in files}
    open_files = [path for path, stamp in stamps.items() if journal.get(stamp) is None]
    advance(len(stamps) - len(open_files), len(stamps))
    for path, result in _describe(open_files, workers or os.cpu_count() or 1):
        journal.add(stamps[path], result)
        advance(1, len(stamps))
    return {path: journal.get(stamp) or {} for path, stamp in stamps.items()}


def _describe(files: list[Path], workers: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    if workers == 1 or len(files) < 2:
        yield from ((path, describe_file(str(path))) for path in files)
        return
    # Forking a process that has started threads may deadlock; a fresh interpreter cannot.
    with ProcessPoolExecutor(min(workers, len(files)), mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(describe_file, str(path)): path for path in files}
        for future in as_completed(futures):
            yield futures[future], future.result()
