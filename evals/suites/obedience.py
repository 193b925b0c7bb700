"""Whether the constraints that an agent heard hold on what it plays, by the catalog alone.

A positive constraint holds only where the track is known to meet it; an exclusion is broken only where the track is
known to have what is unwanted. The same reading as `segue.tools.search.filters`, written again so that a mistake there
does not judge itself.
"""

from segue.evals.suites.facts import Trait, has, spelt
from segue.evals.suites.years import Years
from segue.generator.track import Track
from segue.tools.search.filters import Filters

_FIELDS = ("genres", "moods", "artists", "languages", "vocals", "versions")


def constraints(filters: Filters) -> int:
    """Return how many constraints there are: each field counts once."""
    years = filters.year_from is not None or filters.year_to is not None
    names = [name for field in _FIELDS for name in (field, f"without_{field}")]
    return years + sum(bool(getattr(filters, name)) for name in names)


def broken(filters: Filters, track: Track) -> list[str]:
    """Return the constraints that a track breaks, as text."""
    found: list[str] = []
    if filters.year_from is not None or filters.year_to is not None:
        years = Years(filters.year_from, filters.year_to)
        if not has(track, ("years", years)):
            found.append(f"year {track.year} is not within {years}")
    for field in _FIELDS:
        wanted: tuple[str, ...] = getattr(filters, field)
        unwanted: tuple[str, ...] = getattr(filters, f"without_{field}")
        if wanted and not any(has(track, (field, value)) for value in wanted):
            found.append(f"not {field} {' or '.join(wanted)}")
        bad: list[Trait] = [(field, value) for value in unwanted if has(track, (field, value))]
        found += [f"has {spelt(trait)}" for trait in bad]
    return found


def share_kept(filters: Filters, tracks: tuple[Track, ...]) -> float | None:
    """Return the share of (track, constraint) pairs that hold, or None where there are none."""
    pairs = constraints(filters) * len(tracks)
    if not pairs:
        return None
    return 1 - sum(len(broken(filters, track)) for track in tracks) / pairs
