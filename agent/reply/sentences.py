"""What the agent says when no chat model speaks for it: short, varied, and borne out by catalog fields.

The choice of words is drawn from a seed of thread and turn, so that the same turn is always put the same way. Knows
what happened in a turn; where the words are shown is not its business.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final

from segue.agent.reply.claims import decade_words, labels_of
from segue.agent.reply.wording import capital, count, listing, named, quoted
from segue.agent.wish import Wish
from segue.generator.names import fold
from segue.generator.track import Track

_OPENINGS: Final[dict[str, tuple[str, ...]]] = {
    "request": (
        "Here {are} {tracks}{all}.", "{Tracks} for you{all}.", "Try {these} {tracks}{all}.", "I found {tracks}{all}.",
        "How about {these}: {tracks}{all}.", "{Tracks} to listen to{all}.",
    ),
    "more": (
        "{More}{all}.", "Here {are} {more}{all}.", "More along that line: {tracks}{all}.", "Going on: {tracks}{all}.",
    ),
    "refine": (
        "Changed as you asked: {tracks}{all}.", "Okay, {tracks}{all}.", "Here {are} {tracks} that {fit} now{all}.",
        "With that in mind, {tracks}{all}.",
    ),
    "dislike": (
        "Understood. Here {are} {tracks} instead{all}.", "Okay, something else: {tracks}{all}.",
        "Noted, I leave that out. Try {these} {tracks}{all}.",
    ),
}  # fmt: skip
_FIRST: Final = (
    "Start with {}.", "I would begin with {}.", "First comes {}.", "The closest match is {}.", "Play {} first.",
)  # fmt: skip
_GREETINGS: Final = (
    "What would you like to hear?", "Tell me what you want to hear: an artist, a mood, a time.",
    "Name an artist, a song or a mood, and I will look in your catalog.",
)  # fmt: skip
_THANKS: Final = ("You're welcome.", "Glad to.", "Any time.", "You're welcome; say when you want more.")
_LIKED: Final = ("Noted: you like {}.", "Good, I will keep {} in mind.", "Glad you like {}.")


def answer(wish: Wish, tracks: Sequence[Track], random: Random) -> str:
    """Return what is said about recommended tracks."""
    if not tracks:
        return random.choice(
            ("Nothing in this catalog meets all of that.", "This catalog has nothing that meets that.")
        )
    act = wish.act if wish.act in _OPENINGS else "request"
    opening = random.choice(_OPENINGS[act])
    one = len(tracks) == 1
    noun = "episode" if all(track.kind == "episode" for track in tracks) else "track"
    tracks_text = count(len(tracks), noun)
    text = opening.format(
        tracks=tracks_text,
        Tracks=capital(tracks_text),
        more=count(len(tracks), f"more {noun}"),
        More=capital(count(len(tracks), f"more {noun}")),
        these="this" if one else "these",
        are="is" if one else "are",
        fit="fits" if one else "fit",
        all=_common(wish, tracks),
    )
    text = capital(text.replace(f"this one {noun}", "this one").replace("these one", "this one"))
    return f"{text} {random.choice(_FIRST).format(named(tracks[0]))}"


def _common(wish: Wish, tracks: Sequence[Track]) -> str:
    """Return what all tracks, or most, have in common; first what was asked for."""
    if len(tracks) < 2:
        return ""
    counts: Counter[tuple[str, str]] = Counter()
    for track in tracks:
        labels = labels_of(track)
        counts.update({(field, value) for field in ("genres", "moods") for value in labels[field]})
        if track.year is not None:
            counts[("decade", max(decade_words(track.year), key=len if track.year >= 2000 else _four_digits))] += 1
    asked = {fold(value) for value in (*wish.want.genres, *wish.want.moods)}
    every = [(field, value) for (field, value), times in counts.items() if times == len(tracks)]
    every.sort(key=lambda item: (fold(item[1]) not in asked, item[0] != "genres", item[1]))
    pieces = [f"from the {value}" if field == "decade" else value for field, value in every[:2]]
    if pieces:
        return f", {'both' if len(tracks) == 2 else 'all'} {listing(pieces)}"
    most = [(times, value) for (field, value), times in counts.items() if field == "genres" and 2 * times > len(tracks)]
    return f", mostly {max(most)[1]}" if most else ""


def _four_digits(word: str) -> bool:
    return word[:1] in "12" and len(word) == 5


def missing(names: Sequence[str], nearest: dict[str, str]) -> list[str]:
    """Return sentences on names that the catalog does not have."""
    said = []
    for name in names:
        near = nearest.get(name)
        said.append(
            f"{quoted(name)} is not in your catalog" + (f"; the nearest to it is {quoted(near)}." if near else ".")
        )
    return said


def liked(tracks: Sequence[Track], random: Random) -> str:
    """Return the answer to praise."""
    if not tracks:
        return random.choice(("Glad you like it.", "Good to know."))
    return random.choice(_LIKED).format(listing([named(track) for track in tracks[:3]]))


def chat(wish: Wish, random: Random, first: bool) -> str:
    """Return the answer to talk that asks for nothing."""
    thanked = {"thanks", "thank", "thx", "cheers", "merci", "danke", "gracias"} & set(fold(wish.text).split())
    if thanked and not first:
        return random.choice(_THANKS)
    greeting = "Hello. " if first else ""
    return greeting + random.choice(_GREETINGS)


def nothing_heard(random: Random) -> str:
    """Return the answer to an empty message."""
    return random.choice(_GREETINGS)
