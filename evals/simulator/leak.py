"""The leak check: whether a text names the hidden track.

A simulated listener who says the title, the artist or the album makes finding it no achievement. Whole names count, and
so do their rare words: "the one by Björk" and "something björky" from "Big Time Sensuality" both give it away.
"""

from typing import Final

from segue.evals.simulator.errors import LeakFound
from segue.evals.suites.facts import contains_words
from segue.generator.names import fold, split_title
from segue.generator.track import Track
from segue.tools.search.words import keys, zipf

RARE: Final = 3.5
"""Zipf frequency below which a word of a name gives it away (about three times in a million words)."""
_SHORT: Final = 4
"""Letters that a word needs to be looked for within others."""


class LeakGuard:
    """Reads texts for the names of one track."""

    def __init__(self, track: Track) -> None:
        titles = [track.title, split_title(track.title).base]
        people = [name for artist in track.artists for name in (artist.name, *artist.associated)]
        people += [credit.name for credit in track.credits]
        names = [*titles, *people, *([track.album] if track.album else [])]
        self._names = tuple(dict.fromkeys(name for name in names if fold(name)))
        self._rare = {
            word for name in self._names for word in keys(name) if len(word) >= _SHORT and zipf(word) < RARE
        }  # fmt: skip

    def leak(self, text: str) -> str | None:
        """Return what in `text` names the track, or None."""
        for name in self._names:
            if contains_words(text, name):
                return name
        spoken = keys(text)
        return next((word for word in sorted(self._rare) for said in spoken if word in said), None)

    def check(self, text: str) -> str:
        """Return `text`.

        Raises:
            LeakFound: it names the track.
        """
        found = self.leak(text)
        if found is not None:
            raise LeakFound(f"a simulated listener names what is to be found ({found!r}): {text!r}")
        return text
