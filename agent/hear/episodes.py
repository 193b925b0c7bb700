"""Whether a message asks for podcast episodes: only then, and never in passing, a wish leaves music.

Knows words and what the catalog's shows are called; the model that reads messages was taught none of it.
"""

import re
from collections.abc import Sequence
from typing import Final

from segue.agent.hear.following import REFINING
from segue.agent.hear.house import House
from segue.agent.wish import Act, Facets, HeardMention, Unmet, Wish
from segue.tools.search.filters import Filters

_EPISODE: Final = re.compile(
    r"(?<!no )(?<!not )(?<!non-)(?<!without )(?<!not a )(?<!not an )(?<!no more )(?<!for a )(?<!for my )(?<!for the )"
    r"(?<!for our )(?<!from a )(?<!from the )(?<!on a )(?<!in a )(?<!on the )(?<!in the )(?<!any more )"
    r"\b(?:podcasts?(?!\s+(?:intros?|outros?|jingles?|themes?|background|music|songs?|soundtracks?|style|vibes?))"
    r"|(?:podcast |new |latest |last |next |first |another |an |some |any |more |few |\d+ )episodes?)\b",
    re.IGNORECASE,
)
_MUSIC: Final = re.compile(r"\b(?:music|songs?|tracks?|tunes?|albums?|soundtracks?|playlists?|bands?)\b", re.IGNORECASE)
_INSTEAD: Final = re.compile(
    r"\b(?:instead of|rather than|no|no more|enough|not|stop the) (?:any |the |more )?(?:music|songs?)\b", re.IGNORECASE
)
_REFUSED: Final = re.compile(
    r"\b(?:don'?t|do not|never|stop|hate|skip|leave out|except|sick of)\b[^.,;!?]*\b(?:podcasts?|episodes?)\b",
    re.IGNORECASE,
)


def asks_for_episodes(text: str, mentions: Sequence[HeardMention] = ()) -> bool:
    """Tell whether `text` asks to hear a podcast; "music for a podcast", "no podcasts" and titles do not."""
    said = _INSTEAD.sub(" ", text)
    found = _EPISODE.search(said)
    if found is None or _REFUSED.search(said) or _MUSIC.search(said[: found.start()]):
        return False
    titles = [mention.name for mention in mentions if mention.kind in ("title", "album")]
    return not any(re.search(r"podcast|episode", title, re.IGNORECASE) for title in titles)


def with_kinds(
    filters: Filters,
    unmet: tuple[Unmet, ...],
    *,
    act: Act,
    text: str,
    want: Facets,
    mentions: Sequence[HeardMention],
    standing: Wish | None,
    house: House,
) -> tuple[Filters, tuple[Unmet, ...]]:
    """Return the filters with the kinds that a wish for tracks is about; no kind means music.

    A follow-up keeps the kind of the wish that it refines unless it says "songs". Where a catalog has no episodes,
    that is unmet, and no music is passed off as one.
    """
    asked = asks_for_episodes(text, mentions)
    kept = act in REFINING and standing is not None and standing.filters.kinds and not _MUSIC.search(text)
    if not (asked or kept or _names_episodes(want, mentions, text, house)):
        return filters, unmet
    filters = filters.model_copy(update={"kinds": ("episode",)})
    unmet = tuple(one for one in unmet if not re.search(r"podcast|episode", one.text, re.IGNORECASE))
    if not house.columns.has_episodes:
        unmet = (*unmet, Unmet(text="podcasts", why="this catalog has no podcast episodes"))
    return filters, unmet


def _names_episodes(want: Facets, mentions: Sequence[HeardMention], text: str, house: House) -> bool:
    """Tell whether what is wanted by name is all episodes: a show that makes no music, the title of an episode."""
    columns = house.columns
    if not columns.has_episodes or _MUSIC.search(text):
        return False
    titles = [one.positions for one in mentions if one.kind == "title" and one.polarity == "want" and one.positions]
    if titles:
        return all(columns.kinds_at(positions) == ("episode",) for positions in titles)
    named = Filters(artists=want.artists)
    episodes = Filters(artists=want.artists, kinds=("episode",))
    return bool(want.artists) and not columns.apply(named)[0].any() and bool(columns.apply(episodes)[0].any())
