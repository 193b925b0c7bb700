"""The last check of an answer: whatever ranked the tracks, none leaves that a hard constraint forbids.

Recommending keeps these rules by itself; here they are checked against the catalog once more, independently, because
one banned song costs more trust than ten good ones earn. Knows constraints and columns, nothing of scores.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from segue.generator.names import artist_key
from segue.memory.events import attributes_of
from segue.memory.profile import Taste
from segue.tools.ranking.recommend import Recommended
from segue.tools.ranking.select import Knobs
from segue.tools.search.filters import FilterColumns, Filters


@dataclass(frozen=True)
class Rules:
    """What holds for every track of an answer."""

    filters: Filters
    without: frozenset[int]
    """Positions that must not be offered."""
    taste: Taste | None
    knobs: Knobs
    context: str | None = None
    """When the listener wants it: what is banned at the gym only is banned there."""


def obedient(tracks: Sequence[Recommended], rules: Rules, columns: FilterColumns) -> list[Recommended]:
    """Return the tracks that keep all rules, in their order."""
    allowed = columns.apply(rules.filters)[0]
    bans = rules.taste if rules.taste is not None and rules.taste.bans else None
    artists: Counter[str] = Counter()
    works: set[str] = set()
    kept: list[Recommended] = []
    for found in tracks:
        track = found.track
        names = {artist_key(artist.name) for artist in track.artists}
        if not allowed[found.position] or found.position in rules.without:
            continue
        if bans is not None and bans.is_banned(attributes_of(track), track.id, rules.context):
            continue
        if rules.knobs.one_per_work and track.work_id in works:
            continue
        if _over_cap(names, artists, rules.knobs):
            continue
        works.add(track.work_id)
        artists.update(names)
        kept.append(found)
    return kept


def _over_cap(names: set[str], artists: Counter[str], knobs: Knobs) -> bool:
    return knobs.per_artist is not None and any(artists[name] >= knobs.per_artist for name in names)
