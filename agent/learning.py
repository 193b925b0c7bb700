"""What a message teaches of a listener: taste events from a wish. Pure; nothing is written here.

A request is no statement: who asks for metal today does not like metal for ever. Learnt is from praise and reproach of
tracks, from statements ("I love jazz"), and from orders to what is remembered ("never play country").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import xxhash

from segue.agent.wish import Facets, Wish
from segue.generator.track import Track
from segue.memory.editing import Edit, Receipt, Source, ban, forget, set_leaning, unban
from segue.memory.events import AttributeKind, Subject, TasteEvent, attributes_of
from segue.memory.plain import plain
from segue.tools.catalog.catalog import Catalog

KINDS: Final[dict[str, AttributeKind]] = {
    "genres": "genre", "artists": "artist", "albums": "album", "moods": "mood", "sound": "sound",
    "activities": "activity", "themes": "theme", "eras": "era", "vocals": "vocals", "instruments": "instrument",
    "countries": "country", "languages": "language",
}  # fmt: skip
"""What a facet is called in taste; titles become works."""
STATED: Final = 0.7
"""How strongly somebody leans who says "I love" or "I hate": enough to steer, short of a ban."""
_ORDERS: Final = {"never": ban, "unban": unban, "forget": forget}
Named = tuple[Subject, str]
"""A subject and its name for people."""


@dataclass(frozen=True)
class Spoken:
    """The turn that events come from."""

    key: str
    """Its idempotency key."""
    user: str
    thread: str
    time: datetime
    message: str

    def source(self, number: int, name: str, context: str | None) -> Source:
        """Return the origin of the turn's event with that number; the same for a turn that is delivered again."""
        digest = xxhash.xxh3_128_hexdigest(f"{self.user}\n{self.thread}\n{self.key}".encode())
        return Source(
            key=f"{digest}:{number}",
            thread=self.thread,
            time=self.time,
            message=self.message,
            name=name,
            context=context,
        )


def learnt(wish: Wish, shown: Sequence[Track], catalog: Catalog, spoken: Spoken) -> list[Edit]:
    """Return what a message changes that was said while the tracks `shown` were in sight."""
    edits: list[Edit] = []

    def source(name: str) -> Source:
        return spoken.source(len(edits), name, wish.context)

    order = _ORDERS.get(wish.command.name) if wish.command else None
    if order is not None:
        for subject, name in subjects(wish, shown, catalog):
            edits.append(order(spoken.user, subject, **source(name)))
        return edits
    if wish.act == "taste" and (wish.lasting or wish.context is not None):
        for facets, leaning in ((wish.want, STATED), (wish.avoid, -STATED)):
            for subject, name in named(facets, wish, catalog):
                edits.append(set_leaning(spoken.user, subject, leaning, **source(name)))
    if wish.act in ("like", "dislike"):
        for track in pointed_at(wish, shown):
            edits.append(opinion(spoken.user, track, wish.act == "like", source(f"{track.title} by {track.artist}")))
    return edits


def opinion(user: str, track: Track, liked: bool, source: Source) -> Edit:
    """Return the edit that says what a listener thinks of a track."""
    event = TasteEvent.model_validate(
        {
            **source,
            "user": user,
            "kind": "liked" if liked else "disliked",
            "subject": Subject(kind="track", value=track.id),
            "attributes": attributes_of(track),
        }
    )
    name = plain(event.name)
    text = f"Noted: you like {name}." if liked else f"Noted: {name} is not for you; it won't come again."
    return Edit((event,), Receipt(text=text, keys=(event.key,)))


def pointed_at(wish: Wish, shown: Sequence[Track]) -> list[Track]:
    """Return the shown tracks that a message points at; the only one in sight needs no pointing."""
    refs = wish.refs or ((1,) if len(shown) == 1 else ())
    return [shown[ref - 1] for ref in dict.fromkeys(refs) if 1 <= ref <= len(shown)]


def subjects(wish: Wish, shown: Sequence[Track], catalog: Catalog) -> list[Named]:
    """Return everything that an order is about, whether it was named, pointed at or only spelt."""
    found = [*named(wish.avoid, wish, catalog), *named(wish.want, wish, catalog)]
    if wish.refs:
        found += [(Subject(kind="work", value=t.work_id), f"{t.title} by {t.artist}") for t in pointed_at(wish, shown)]
    words = wish.command.argument.strip() if wish.command else ""
    if not found and words:
        found.append((spelt(words), words))
    return found


def spelt(words: str) -> Subject:
    """Return the subject of words that no vocabulary knows: a genre, which covers themes and tags of that name too."""
    return Subject(kind="genre", value=words.strip().removesuffix(" music").strip() or words)


def named(facets: Facets, wish: Wish, catalog: Catalog) -> list[Named]:
    """Return everything that facets name."""
    found: list[Named] = []
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
