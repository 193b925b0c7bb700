"""Invented tracks that are spread over tempo, key, sound and date: codes for what a training catalog happens to lack.

A tokenizer that has never seen a counted tempo has three codes for slow, mid and fast, and would give a library of
audio files no better ones. These tracks are drawn from what is common knowledge about music's ranges, not from any data
set; only the encoders of SC, MC and RI are meant to see them.
"""

import numpy as np

from segue.generator.track import KEYS, Sound, Track


def spread_tracks(count: int, *, seed: int = 0) -> list[Track]:
    """Return `count` tracks whose tempo, key, sound and date vary independently, but for energy's companions.

    Tempo is log-normal around 118 beats a minute, dates thicken towards the present, half of them are only a year;
    loud tracks are energetic and rarely acoustic, cheerful ones are easier to dance to.
    """
    rng = np.random.default_rng(seed)
    return [_track(number, rng) for number in range(count)]


def _track(number: int, rng: np.random.Generator) -> Track:
    energy = rng.beta(2.6, 1.5)
    valence = rng.beta(1.6, 1.6)
    year = int(2026 - 75 * rng.beta(1.0, 1.8))
    date = f"{year}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
    return Track.model_validate(
        {
            "id": f"spread-{number}",
            "title": f"Spread {number}",
            "artists": ["Nobody"],
            "tempo": float(np.clip(rng.lognormal(np.log(118), 0.24), 40, 220)),
            "key": KEYS[rng.integers(len(KEYS))] if rng.random() < 0.7 else None,
            "released": str(year) if rng.random() < 0.5 else date,
            "sound": Sound(
                energy=energy,
                valence=valence,
                arousal=float(np.clip(energy + rng.normal(0, 0.1), 0, 1)),
                danceability=float(np.clip(0.35 + 0.35 * valence + rng.normal(0, 0.14), 0, 1)),
                acousticness=float(np.clip((1 - energy) ** 1.5 + rng.normal(0, 0.15), 0, 1)),
                instrumentalness=float(rng.beta(0.15, 0.9)),
                liveness=float(rng.beta(1.5, 6.0)),
                speechiness=float(rng.beta(1.1, 12.0)),
                loudness=float(np.clip(-18 + 14 * energy + rng.normal(0, 2.0), -60, 0)),
            ),
        }
    )
