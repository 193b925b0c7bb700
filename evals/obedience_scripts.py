"""Dialogues that give orders, drawn from the fields of a catalog: the same seed draws the same.

Each kind of dialogue tries one way of ordering: bans that must hold in later threads, exclusions, years, languages,
voices, numbers, caps per artist, and refinements that add to what stands.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final, TypeVar

from segue.evals.obedience import Line, Order
from segue.evals.suites.years import Years
from segue.generator.errors import QueryError
from segue.generator.names import artist_key, fold
from segue.generator.track import Track

SPOKEN: Final = 20
"""Tracks that a genre, a language or a decade must have to be spoken of."""
_DISCOGRAPHY: Final = 3
"""Tracks that an artist must have to be spoken of."""
_VOICES: Final = ("female", "male")
_SPOKEN_LANGUAGES: Final = frozenset(
    {
        "English",
        "Spanish",
        "French",
        "Portuguese",
        "Japanese",
        "Italian",
        "German",
        "Korean",
        "Hindi",
        "Arabic",
        "Latin",
    }
)
"""Names of languages that are one word for one language."""
_Option = TypeVar("_Option")


def only(kind: str, value: str | Years) -> Order:
    """Return the order that all tracks have a trait."""
    return Order((kind, value), True)


def no(kind: str, value: str | Years) -> Order:
    """Return the order that no track has a trait."""
    return Order((kind, value), False)


class Scripts:
    """Draws dialogues over the tracks of a catalog."""

    def __init__(self, tracks: Iterable[Track], seed: int, common: int = SPOKEN) -> None:
        """Look at a catalog.

        Args:
            tracks: the catalog's.
            seed: draws the dialogues.
            common: tracks that a genre, a language or a decade must have to be spoken of.

        Raises:
            QueryError: the catalog has too little to give orders about.
        """
        self._random = Random(seed)
        songs = list(tracks)
        # "Romantic" is a genre and a mood: who says it may mean either.
        unclear = {fold(name) for track in songs for name in (*track.moods, *track.instruments)}
        self._genres = _common((name for track in songs for name in track.genres if fold(name) not in unclear), common)
        self._languages = _common((track.language for track in songs if track.language in _SPOKEN_LANGUAGES), common)
        self._voices = [voice for voice in _common((t.vocals for t in songs if t.vocals), common) if voice in _VOICES]
        self._decades = sorted(
            decade
            for decade, number in Counter(track.decade for track in songs if track.decade).items()
            if number >= common and 1950 <= decade < 2020
        )
        known = Counter(artist_key(track.artists[0].name) for track in songs)
        self._artists: dict[str, list[str]] = {}
        for genre in self._genres:
            names = {track.artists[0].name for track in songs if genre in track.genres}
            names = {name for name in names if known[artist_key(name)] >= _DISCOGRAPHY}
            self._artists[genre] = sorted(names)
        self._genres = [genre for genre in self._genres if self._artists[genre]]
        if len(self._genres) < 2 or len(self._languages) < 2 or not self._decades or not self._voices:
            raise QueryError("too little is known of the tracks of this catalog to give orders about them")
        self._kinds: tuple[Callable[[], list[Line]], ...] = (
            self._ban_artist, self._ban_genre, self._ban_language, self._but_artist, self._but_genre, self._years,
            self._language, self._voice, self._numbers, self._cap, self._reactions,
        )  # fmt: skip
        self._drawn = 0

    def draw(self) -> list[Line]:
        """Return the next dialogue; the kinds take turns."""
        self._drawn += 1
        return self._kinds[(self._drawn - 1) % len(self._kinds)]()

    def _ban_artist(self) -> list[Line]:
        genre = self._pick(self._genres)
        name = self._pick(self._artists[genre])
        order = no("artists", name)
        ways = (f"never play {name} again", f"I never want to hear {name} again", f"please never play {name}")
        said = self._pick(ways)
        return [
            Line(said, (order,), asks=False),
            Line(f"play {name}", (order, only("artists", name))),
            Line(f"some {genre} like {name}", (order,), "two"),
            Line(f"{genre} songs", (order, only("genres", genre)), "three"),
            Line("more please", (order, only("genres", genre)), "three"),
        ]

    def _ban_genre(self) -> list[Line]:
        genre, decade = self._pick(self._genres), self._pick(self._decades)
        order, years = no("genres", genre), only("years", Years(decade, decade + 9))
        ways = (f"never play {genre}", f"please never play me any {genre} music", f"never play {genre} again")
        said = self._pick(ways)
        name = self._pick(self._artists[genre])
        return [
            Line(said, (order,), asks=False),
            Line(f"some songs from the {decade}s", (order, years), "two"),
            Line(f"songs by {name}", (order, only("artists", name)), "two"),
            Line("something for a party", (order,), "three"),
        ]

    def _ban_language(self) -> list[Line]:
        language, other = self._random.sample(self._languages, 2)
        order = no("languages", language)
        return [
            Line(f"never play songs in {language}", (order,), asks=False),
            Line(f"songs in {other}", (order, only("languages", other)), "two"),
            Line("something for the morning", (order,), "three"),
            Line("more", (order,), "three"),
        ]

    def _but_artist(self) -> list[Line]:
        genre, voice = self._pick(self._genres), self._pick(self._voices)
        name = self._pick(self._artists[genre])
        ways = (f"{genre}, anything but {name}", f"{genre} songs, but nothing by {name}", f"some {genre} except {name}")
        said = self._pick(ways)
        orders = (only("genres", genre), no("artists", name))
        return [
            Line(said, orders),
            Line("more please", orders),
            Line(f"only with {voice} vocals", (*orders, only("vocals", voice))),
        ]

    def _but_genre(self) -> list[Line]:
        genre, decade = self._pick(self._genres), self._pick(self._decades)
        years = only("years", Years(decade, decade + 9))
        orders = (no("genres", genre), years)
        language = self._pick(self._languages)
        return [
            Line(f"anything but {genre}", (no("genres", genre),)),
            Line(f"only from the {decade}s", orders),
            Line(f"and nothing in {language}", (*orders, no("languages", language))),
            Line("more", (*orders, no("languages", language))),
        ]

    def _years(self) -> list[Line]:
        genre, decade, voice = self._pick(self._genres), self._pick(self._decades), self._pick(self._voices)
        first = decade + self._random.randint(0, 9)
        last = first + self._random.randint(1, 8)
        said, years = self._pick(
            (
                (f"between {first} and {last}", Years(first, last)),
                (f"from {first} to {last}", Years(first, last)),
                (f"from the {decade}s", Years(decade, decade + 9)),
                (f"from before {decade}", Years(None, decade - 1)),
                (f"from {decade} or later", Years(decade, None)),
            )
        )
        orders = (only("genres", genre), only("years", years))
        return [
            Line(f"{genre} songs {said}", orders),
            Line(f"only with {voice} singers", (*orders, only("vocals", voice))),
            Line("give me more", (*orders, only("vocals", voice))),
        ]

    def _language(self) -> list[Line]:
        language, genre, decade = self._pick(self._languages), self._pick(self._genres), self._pick(self._decades)
        sung, late = only("languages", language), only("years", Years(decade + 1, None))
        return [
            Line(f"songs in {language}", (sung,)),
            Line(f"only from after {decade}", (sung, late)),
            Line(f"no {genre}", (sung, late, no("genres", genre))),
        ]

    def _voice(self) -> list[Line]:
        genre, voice, decade = self._pick(self._genres), self._pick(self._voices), self._pick(self._decades)
        orders = (only("genres", genre), only("vocals", voice))
        return [
            Line(f"{genre} with a {voice} singer", orders),
            Line(f"nothing from before {decade}", (*orders, only("years", Years(decade, None)))),
        ]

    def _numbers(self) -> list[Line]:
        genre, count, more = self._pick(self._genres), self._random.randint(2, 9), self._random.randint(2, 6)
        orders = (only("genres", genre),)
        return [
            Line(f"{count} {genre} songs", orders, most=count),
            Line(f"give me {more} more", orders, most=more),
        ]

    def _cap(self) -> list[Line]:
        genre, count, cap = self._pick(self._genres), self._random.randint(5, 10), self._random.randint(1, 2)
        orders = (only("genres", genre),)
        said = f"at most {'one song' if cap == 1 else 'two songs'} per artist"
        return [
            Line(f"{count} {genre} songs, {said}", orders, most=count, per_artist=cap),
            Line("more please", orders, per_artist=cap),
        ]

    def _reactions(self) -> list[Line]:
        genre = self._pick(self._genres)
        orders = (only("genres", genre),)
        return [
            Line(f"some {genre}", orders, reaction="disliked"),
            Line("more of that", orders, reaction="played"),
            Line(f"play me some {genre}", orders, "two", reaction="skipped"),
            Line(f"{genre} songs please", orders, "three"),
        ]

    def _pick(self, options: Sequence[_Option]) -> _Option:
        return self._random.choice(options)


def _common(values: Iterable[str | None], common: int) -> list[str]:
    return sorted(value for value, number in Counter(values).items() if value is not None and number >= common)
