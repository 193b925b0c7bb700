"""What a message names: values of facets, wanted, avoided or compared with, and names that the catalog lacks.

Knows no words of the message; `naming.py` fills it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from segue.agent.wish import Facets, HeardMention, Polarity
from segue.generator.names import fold, split_title
from segue.generator.track import Track
from segue.tools.search.name_table import Kind

PLURAL: Final[dict[str, Kind]] = {"artists": "artist", "titles": "title", "albums": "album"}
"""Facets that are names of the catalog, and the kind of name."""
SINGULAR: Final[dict[Kind, str]] = {kind: plural for plural, kind in PLURAL.items()}


@dataclass
class Named:
    """What a message names."""

    want: dict[str, list[str]] = field(default_factory=dict)
    avoid: dict[str, list[str]] = field(default_factory=dict)
    like: list[str] = field(default_factory=list)
    mentions: list[HeardMention] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    nearest: dict[str, str] = field(default_factory=dict)

    def add(self, polarity: Polarity, kind: str, value: str) -> None:
        """Note a value, once."""
        values = self.like if polarity == "like" and kind in PLURAL else (
            self.avoid if polarity == "avoid" else self.want
        ).setdefault(kind, [])  # fmt: skip
        if fold(value) not in map(fold, values):
            values.append(value)

    def facets(self, polarity: Polarity) -> Facets:
        """Return the wanted or avoided facets."""
        side = self.avoid if polarity == "avoid" else self.want
        return Facets(**{kind: tuple(values) for kind, values in side.items()})

    def speaks_of_kinds(self, shown: Sequence[Track]) -> bool:
        """Tell whether anything is named beyond songs, and beyond the titles of tracks in sight."""
        seen = {fold(split_title(track.title).base) for track in shown}
        return any(
            kind != "titles" or fold(value) not in seen
            for side in (self.want, self.avoid)
            for kind, values in side.items()
            for value in values
        ) or bool(self.like)

    def compare(self) -> None:
        """Take the wanted artists and songs as named to compare with."""
        for kind in PLURAL:
            for value in self.want.pop(kind, ()):
                self.add("like", kind, value)
        self.mentions = [
            mention.model_copy(update={"polarity": "like"}) if mention.polarity == "want" else mention
            for mention in self.mentions
        ]

    def turn(self, polarity: Polarity) -> None:
        """Take all that is named as wanted, or as avoided."""
        named = [(kind, value) for side in (self.want, self.avoid) for kind, values in side.items() for value in values]
        self.want, self.avoid = {}, {}
        for kind, value in named:
            self.add(polarity, kind, value)
        for value in self.like:
            self.add(polarity, "artists", value)
        self.like = []
        self.mentions = [mention.model_copy(update={"polarity": polarity}) for mention in self.mentions]


def taken_up(offer: Named) -> Named:
    """Return what the agent offered as what the listener wants; mentions lie outside the message and are left out."""
    wanted = Named(want=offer.want)
    for value in offer.like:
        wanted.add("want", "artists", value)
    return wanted
