"""What is searched for: a message in words that can stand alone.

"More like the second one" and "less old" mean nothing by themselves, yet every source but the thread's reads the last
message only. So what such a message stands on is put into words: what was asked for before, and what is known of the
tracks that it points at. Names of those stay out, for who wants more like a song wants other songs, and a name would
find its singer first. What is ruled out is left out as well, and so are years: a search for "not classical" finds
classical music, one for "the last ten years" songs called "Last". The filters see to both.

Knows a wish and the tracks that it means; no source.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from segue.agent.hear.comparatives import COMPARATIVE, plain_forms
from segue.agent.hear.feelings import without_stories
from segue.agent.hear.following import REFINING
from segue.agent.hear.foreign import foreign_words
from segue.agent.hear.turning import denies, without_lead
from segue.agent.wish import HeardMention, Wish
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.search.words import keys, words

_STANDING: Final = (
    "artists", "genres", "moods", "sound", "activities", "themes", "instruments", "vocals", "countries", "languages",
)  # fmt: skip
"""What of a wish is worth its words. Titles were asked for once; years are left to the filters."""
_RELATIVE: Final = re.compile(rf"\b(?:more|less|bit|little|even|too|{COMPARATIVE})\b", re.IGNORECASE)
_COMPARING: Final = re.compile(
    r"(?<!\bi )(?<!\byou )(?<!\bwe )(?<!'d )(?<!\bwould )(?<!\bdo )\blikes?\b"
    r"|\b(?:similar|such as|vein|style|along the lines|sounds?|reminds?|reminiscent|compar\w+|vibes?|else|same|ish"
    r"|a la|à la|como|wie|comme|come|parecid\w+|ähnlich\w*|similaire\w*|simile|zoals|som)\b",
    re.IGNORECASE,
)
"""Words of comparison; "more Beatles" and a title alone have none, and who "would like" a song compares nothing."""
_CREDITING: Final = re.compile(r"\bby\s+(?:the\s+)?$", re.IGNORECASE)
_LABEL_KINDS: Final = ("genres", "moods", "themes", "activities", "instruments", "sound")
DESCRIBED: Final = 8
"""Tracks that are described at most."""
_LEFTOVERS: Final = frozenset((
    "no", "not", "nothing", "none", "without", "never", "any", "and", "or", "but", "more", "less", "please", "the", "a",
    "of", "from", "music",
))  # fmt: skip
"""Words that mean nothing without what they went with."""
_VERDICT: Final = frozenset((
    "no", "not", "nope", "nah", "none", "neither", "nor", "any", "of", "that", "this", "these", "those", "them", "it",
    "one", "ones", "song", "songs", "track", "tracks", "the", "i", "dont", "do", "didnt", "like", "hate", "want",
    "really", "again", "please", "sorry", "either", "all", "first", "second", "third", "fourth", "fifth", "last", "and",
    "both",
))  # fmt: skip
"""Words that turn down what is in sight and say nothing of what is wanted instead: "I don't like this one" is no wish
for titles with "don't" in them."""
_ENGLISH: Final = frozenset((
    "the", "for", "with", "and", "some", "something", "my", "songs", "song", "music", "play", "like", "want", "please",
))  # fmt: skip
"""Words by which a message is in English after all, whatever else it says: "some triste piano for the night"."""
_LABELS: Final = 6
"""Labels that describe what is pointed at: the commonest of several tracks, the first of one."""


def compared_with(
    wish: Wish, shown: Sequence[str], catalog: Catalog, by: Callable[[Sequence[str]], Sequence[int]]
) -> tuple[int, ...]:
    """Return the positions of the tracks that a message wants more like.

    Those of the artists and songs that it compares with, those that it points at among the ids `shown`, or, for a mere
    "more", what the thread goes on from. `by` returns the positions of artists' tracks.
    """
    # What is asked for by name is never left out, whatever else it is compared with.
    asked = {position for mention in wish.mentions if mention.polarity == "want" for position in mention.positions}
    if named := comparisons(wish):
        return tuple(dict.fromkeys(p for mention in named for p in mention.positions if p not in asked))
    ids: Sequence[str] = ()
    if wish.act in ("more", "refine") and not wish.mentions:
        if wish.refs:
            ids = [shown[number - 1] for number in wish.refs]
        elif wish.like or (wish.act == "more" and not standing(wish)) or is_relative(wish):
            ids = shown
    goes_on = wish.like and wish.act in REFINING and not wish.filters.artists
    kept = tuple(by(wish.like)) if goes_on else ()
    return (*kept, *(catalog.positions[track_id] for track_id in ids if track_id in catalog))


def comparisons(wish: Wish) -> list[HeardMention]:
    """Return the names that a message compares with, in words.

    A title alone may sound like one and is asked for; so is whoever music is to be by ("something I like by Sade").
    """
    rest = wish.text
    for mention in wish.mentions:
        rest = rest[: mention.start] + " " * (mention.end - mention.start) + rest[mention.end :]
    if not _COMPARING.search(rest):
        return []
    named = [mention for mention in wish.mentions if mention.polarity == "like"]
    return [mention for mention in named if not _CREDITING.search(wish.text[: mention.start])]


def is_relative(wish: Wish) -> bool:
    """Tell whether a refinement compares with what was shown: "a bit more energetic", "slower", "too loud"."""
    return wish.act == "refine" and _RELATIVE.search(wish.text) is not None


def standing(wish: Wish) -> str:
    """Return what a wish asks for, in words; it may be empty."""
    return " ".join(value for kind in _STANDING for value in getattr(wish.want, kind))


def labels(wish: Wish) -> tuple[str, ...]:
    """Return the labels that a wish names, which tracks bear or do not; "calmer" is a wish for what is calm."""
    return tuple(form for kind in _LABEL_KINDS for value in getattr(wish.want, kind) for form in plain_forms(value))


def search_text(wish: Wish, like: Sequence[Track]) -> str:
    """Return what to search for. `like`: tracks that the message wants more like (`compared_with`)."""
    named = comparisons(wish)
    gone = [*wish.want.eras, *(value for _, value in wish.avoid.items()), *(mention.text for mention in named)]
    text = without_stories(wish.text)
    told = text != wish.text
    said = _without(without_lead(text) if wish.act in REFINING else text, gone)
    if wish.act not in REFINING or wish.mentions:
        alone = _is_foreign(wish.text) or (told and not set(keys(said)) - _LEFTOVERS)
        asked = f"{standing(wish)} songs".strip() if alone and not wish.want.titles else said
        if told and not alone:
            asked = f"{said} {' '.join(wish.want.moods)}"
        return ". ".join(part for part in (asked, description(like)) if part) or wish.text
    # Who points at a track or says "more" has said it by that; others may say more than was understood.
    turned_down = wish.act == "dislike" and (set(keys(wish.text)) <= _VERDICT or denies(wish.text))
    silent = like or ((wish.act == "more" or turned_down) and standing(wish))
    # Whoever wants it livelier wants the same kind of music in another mood.
    kind = description(like, moods=not is_relative(wish))
    parts = [part for part in ("" if silent else said, standing(wish), kind) if part]
    return ". ".join(parts) or ("songs" if gone and not said and not wish.avoid.titles else wish.text)


def _is_foreign(text: str) -> bool:
    """Tell whether moods or occasions are told in another language alone, which the models that search read badly."""
    found = foreign_words(text, words(text))
    return any(each.kind in _LABEL_KINDS for each in found) and _ENGLISH.isdisjoint(keys(text))


def _without(text: str, values: Sequence[str]) -> str:
    """Return a text without the values, as far as they stand in it as they are; empty where nothing is left to say."""
    for value in sorted(values, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text if set(keys(text)) - _LEFTOVERS else ""


def description(tracks: Sequence[Track], *, moods: bool = True) -> str:
    """Return what tracks have in common, in words: genres first, then moods and sound; no names."""
    labels = Counter[str]()
    for track in tracks:
        labels.update([*track.genres[:3], *(track.moods[:3] if moods else ()), *track.instruments[:1]])
    return ", ".join(label for label, _ in labels.most_common(_LABELS))
