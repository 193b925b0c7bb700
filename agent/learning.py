"""What a message teaches of a listener: taste events from a wish. Pure; nothing is written here.

A request is no statement: who asks for metal today does not like metal for ever. Learnt is from praise and reproach of
tracks, from statements ("I love jazz"), and from orders to what is remembered ("never play country").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import xxhash

from segue.agent.wish import Facets, Wish
from segue.generator.track import Track
from segue.memory.events import AttributeKind, EventKind, Subject, TasteEvent, attributes_of
from segue.tools.catalog.catalog import Catalog

KINDS: Final[dict[str, AttributeKind]] = {
    "genres": "genre", "artists": "artist", "albums": "album", "moods": "mood", "sound": "sound",
    "activities": "activity", "themes": "theme", "eras": "era", "vocals": "vocals", "instruments": "instrument",
    "countries": "country", "languages": "language",
}  # fmt: skip
"""What a facet is called in taste; titles become works."""
_ORDERED: Final[dict[str, EventKind]] = {"never": "banned", "unban": "unbanned", "forget": "forgotten"}


@dataclass(frozen=True)
class Source:
    """Where events come from: one turn."""

    key: str
    """Its idempotency key."""
    user: str
    thread: str
    time: datetime
    message: str

    def event(self, number: int, kind: EventKind, subject: Subject, **fields: object) -> TasteEvent:
        """Return the turn's event with that number; the same for a turn that is delivered again."""
        digest = xxhash.xxh3_128_hexdigest(f"{self.user}\n{self.thread}\n{self.key}".encode())
        known = {"user": self.user, "thread": self.thread, "time": self.time, "message": self.message}
        return TasteEvent.model_validate(
            {"key": f"{digest}:{number}", "kind": kind, "subject": subject, **known, **fields}
        )


def learnt(wish: Wish, shown: Sequence[Track], catalog: Catalog, source: Source) -> list[TasteEvent]:
    """Return the events of a message said while the tracks `shown` were in sight."""
    order = _ORDERED.get(wish.command.name) if wish.command and wish.act in ("taste", "control") else None
    found: list[tuple[EventKind, Subject, dict[str, object]]] = []
    if order is not None:
        found = [(order, subject, {"name": name}) for subject, name in subjects(wish, shown, catalog)]
    elif wish.act == "taste":
        for facets, leaning in ((wish.want, 1.0), (wish.avoid, -1.0)):
            about = {"leaning": leaning, "lasting": wish.lasting or wish.context is not None}
            found += [("stated", subject, {**about, "name": name}) for subject, name in named(facets, wish, catalog)]
    if wish.act in ("like", "dislike") or (wish.act == "taste" and order is None):
        disliked = wish.act == "dislike" or (wish.act == "taste" and bool(wish.avoid) and not wish.want)
        for track in pointed_at(wish, shown):
            found.append(("disliked" if disliked else "liked", Subject(kind="track", value=track.id), of_track(track)))
    context = {} if wish.context is None else {"context": wish.context}
    return [
        source.event(number, kind, subject, **fields, **context) for number, (kind, subject, fields) in enumerate(found)
    ]


def pointed_at(wish: Wish, shown: Sequence[Track]) -> list[Track]:
    """Return the shown tracks that a message points at; the only one in sight needs no pointing."""
    refs = wish.refs or ((1,) if len(shown) == 1 else ())
    return [shown[ref - 1] for ref in dict.fromkeys(refs) if 1 <= ref <= len(shown)]


def of_track(track: Track) -> dict[str, object]:
    """Return the fields of an event about a track."""
    return {"name": f"{track.title} by {track.artist}", "attributes": attributes_of(track)}


def subjects(wish: Wish, shown: Sequence[Track], catalog: Catalog) -> list[tuple[Subject, str]]:
    """Return (subject, name) of everything that an order is about, whether it was named, pointed at or only spelt."""
    found = [*named(wish.avoid, wish, catalog), *named(wish.want, wish, catalog)]
    found += [(Subject(kind="work", value=t.work_id), f"{t.title} by {t.artist}") for t in _refs(wish, shown)]
    words = wish.command.argument.strip() if wish.command else ""
    if not found and words:
        # What no vocabulary knows is taken as a genre, which covers themes and tags of that name as well.
        found.append((Subject(kind="genre", value=words.removesuffix(" music").strip() or words), words))
    return found


def _refs(wish: Wish, shown: Sequence[Track]) -> Iterable[Track]:
    return (shown[ref - 1] for ref in dict.fromkeys(wish.refs) if 1 <= ref <= len(shown))


def named(facets: Facets, wish: Wish, catalog: Catalog) -> list[tuple[Subject, str]]:
    """Return (subject, name) of everything that facets name."""
    found: list[tuple[Subject, str]] = []
    for kind, value in facets.items():
        if kind != "titles":
            found.append((Subject(kind=KINDS[kind], value=value), value))
            continue
        for mention in wish.mentions:
            if mention.kind == "title" and mention.name == value and mention.positions:
                track = catalog.at(mention.positions[0])
                found.append((Subject(kind="work", value=track.work_id), f"{track.title} by {track.artist}"))
                break
    return found
