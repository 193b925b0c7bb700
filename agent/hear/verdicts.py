"""Verdicts in other languages: "esa no", "non quella", "pas la deuxième", "me gusta la primera".

Closed lists: a message is a verdict where every word of it points at a track in sight, refuses it, praises it or is
polite. One word besides, and it is left to the models. Which track is meant is `pointing.py`'s business.
"""

from collections.abc import Sequence
from typing import Final, Literal


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DEMONSTRATIVES: Final = _words(
    "esa ese eso esta este esto aquella aquel aquello essa esse isso isto dessa desse disso desta deste questa questo"
    " quella quello celle celui ca cela cette ce dieses dies diese dieser diesen das"
)
"""Words for one track in sight."""
PLURALS: Final = _words("esas esos estas estos essas esses queste questi quelle quelli celles ceux")
"""Words for all of them."""
_REFUSING: Final = _words("no non nao pas nicht ne n")
_PRAISING: Final = _words(
    "gusta gustan encanta encantan piace piacciono aime jaime naime plait plaisent gefallt gefallen mag gosto adoro"
    " adore jadore"
)
_AROUND: Final = _words(
    "el la los las lo il i gli le les o a os as der die den li ci ahi de da do me mi mir ich je j l eu il ist c est"
    " cancion canciones tema temas musica musicas chanson chansons titre morceau lied lieder canzone canzoni brano"
    " por favor per favore bitte merci gracias danke grazie obrigado obrigada mas ma mais aber pero et e y und"
    " otra otro cosa outra outro coisa autre chose une un was etwas anderes altro altra qualcosa qualcos"
)
"""What may stand around: articles, persons, songs, thanks, and that something else is wanted."""

Verdict = Literal["like", "dislike"]


def verdict(said: Sequence[str], places: frozenset[str]) -> Verdict | None:
    """Return what a message of the folded words `said` thinks of tracks in sight, or None where it is no verdict.

    `places` are the words that say which track by its place ("segunda", "letzte").
    """
    words = set(said)
    if not words & (DEMONSTRATIVES | PLURALS | places):
        return None
    if not words <= DEMONSTRATIVES | PLURALS | places | _REFUSING | _PRAISING | _AROUND:
        return None
    if words & _REFUSING or "naime" in words:
        return "dislike"
    return "like" if words & _PRAISING else None
