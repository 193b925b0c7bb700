"""Joins what two sources know of one track.

Known fields of the newer source override, its holes erase nothing, and lists only grow; a playlist that the track is
in already replaces its older self. Knows two tracks and nothing else.
"""

from collections.abc import Iterable
from typing import Any, Final

from segue.generator.names import artist_key, fold
from segue.generator.track import Artist, Track

_LISTS: Final = ("genres", "moods", "themes", "tags", "activities", "instruments", "facts", "links")
_SCALARS: Final = (
    "title", "album", "vocals", "language", "tempo", "tempo_class", "key", "released", "duration",
    "popularity",
)  # fmt: skip


def merge_tracks(old: Track, new: Track) -> Track:
    """Return `old` updated by `new`; the id is that of `old`. Merging the same `new` again changes nothing."""
    values: dict[str, Any] = {name: getattr(new, name) for name in _SCALARS if getattr(new, name) is not None}
    if old.released and new.released and old.released.startswith(new.released):
        # "1999" adds nothing to "1999-05-17".
        del values["released"]
    for name in _LISTS:
        values[name] = union(getattr(old, name), getattr(new, name))
    values["artists"] = _merge_artists(old.artists, new.artists)
    values["credits"] = tuple({(fold(c.name), c.role): c for c in (*old.credits, *new.credits)}.values())
    values["sound"] = old.sound.model_copy(update=_known(new.sound))
    values["ids"] = old.ids.model_copy(
        update={name: union(getattr(old.ids, name), getattr(new.ids, name)) for name in type(old.ids).model_fields}
    )
    values["listened"] = tuple({(entry.kind, entry.id): entry for entry in (*old.listened, *new.listened)}.values())
    values["plays"] = max(old.plays, new.plays)
    same_name = fold(new.title) == fold(old.title) and artist_key(new.artists[0].name) == artist_key(
        old.artists[0].name
    )
    # A renamed track is another work or another version; the same name in other spelling is not.
    values["kind"] = new.kind if "kind" in new.model_fields_set else old.kind
    values["work_id"] = old.work_id if same_name else new.work_id
    values["version"] = (new.version or old.version) if same_name else new.version
    return old.model_copy(update={name: value for name, value in values.items() if value != getattr(old, name)})


def union(old: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    """Return `old` followed by what is new in `new`, ignoring case; the first spelling stays."""
    found: dict[str, str] = {}
    for value in (*old, *new):
        found.setdefault(value.casefold(), value)
    return tuple(found.values())


def _known(model: Any) -> dict[str, Any]:
    """Return the fields of a model that hold something."""
    return {name: value for name in type(model).model_fields if (value := getattr(model, name)) not in (None, ())}


def _merge_artists(old: tuple[Artist, ...], new: tuple[Artist, ...]) -> tuple[Artist, ...]:
    """Return the billing of `new`, with what `old` knows of the same artists.

    A source that bills fewer artists does not strike the others off.
    """
    before = {artist_key(artist.name): artist for artist in old}
    merged = [_merge_artist(before.pop(artist_key(artist.name), None), artist) for artist in new]
    same_lead = artist_key(old[0].name) == artist_key(new[0].name)
    return (*merged, *before.values()) if same_lead else tuple(merged)


def _merge_artist(old: Artist | None, new: Artist) -> Artist:
    if old is None:
        return new
    known = _known(new)
    for name in ("genres", "moods", "associated"):
        known[name] = union(getattr(old, name), getattr(new, name))
    return old.model_copy(update=known)
