"""Following: how a message stands to the thread: whom "her" means, what a refinement keeps of the standing wish."""

import re
from collections.abc import Sequence
from typing import Final

from segue.agent.hear.pointing import Pointing
from segue.agent.wish import FACET_KINDS, Act, Facets, ThreadView, Wish
from segue.generator.names import artist_key
from segue.generator.track import Track
from segue.tools.search.filters import Filters

REFINING: Final[frozenset[Act]] = frozenset({"refine", "more", "dislike"})
"""Acts that stand on what was asked before."""
OPINIONS: Final[frozenset[Act]] = frozenset({"like", "dislike"})
"""Acts that say what is thought of tracks in sight."""
_ONE_OF: Final = frozenset(
    {"eras", "languages", "vocals", "countries", "genres", "artists", "titles", "albums", "moods", "sound"}
)
"""Facets of which a new value replaces the old ones, unless it is said to be added."""
_ADDING: Final = re.compile(
    r"\b(?:also|too|as well|add|along with|plus|in addition|mix in|throw in|some more)\b", re.IGNORECASE
)
_OTHERS: Final = re.compile(
    r"\b(?:different|other|another|new) (?:artists?|bands?|singers?|people)\b"
    r"|\b(?:someone|somebody|anyone|anybody) else\b"
    r"|\bnot (?:just|only|all by|all from) (?:him|her|them|the same)\b",
    re.IGNORECASE,
)
_YES: Final = re.compile(
    r"(?:yes|yeah|yep|yup|sure|ok|okay|of course|please do|sounds? (?:good|great)|that sounds? (?:good|great|perfect))"
    r"(?:[,.!]? (?:please|thanks|thank you|i would|that would be (?:great|nice|good)|sounds? good|do that|go ahead))?"
    r"[\s.!]*$",
    re.IGNORECASE,
)
_CHOICE: Final = re.compile(r"^\W*(?:which|what|whom?|how)\b|\bor\b", re.IGNORECASE)
_SHE: Final = re.compile(r"\b(?:her|hers|she)\b", re.IGNORECASE)
_HE: Final = re.compile(r"\b(?:him|his|he)\b", re.IGNORECASE)
_THEY: Final = re.compile(
    r"\b(?:by|from|of|like) (?:them|the same (?:artist|band|singer|guys?))\b|\bsame (?:artist|band|singer)\b"
    r"|\btheir (?:songs?|music|"
    r"albums?|stuff|other|earl\w+|late\w*|old\w*|new\w*|hits)\b",
    re.IGNORECASE,
)
_OF_WHOM: Final = re.compile(
    r"\b(?:more|other|another|something|anything|songs?|music|tracks?|stuff|one|else|play|add|hear|by|from|of|album"
    r"|earl\w+|late\w*)\b",
    re.IGNORECASE,
)
_ORDER: Final = re.compile(
    r"\b(?:add|save|play|remove|delete|skip|queue|keep|put|like|love|hate|more|who|what|when|why|where|how)\b",
    re.IGNORECASE,
)
"""Words by which a message that points at a track says by itself what is to become of it."""
_FEMALE: Final = frozenset({"female", "woman", "women", "girl group"})
_MALE: Final = frozenset({"male", "man", "men", "boy band"})


def whom(text: str, shown: Sequence[Track], pointed: Sequence[int]) -> tuple[str, ...] | None:
    """Return the artists in sight that a pronoun of `text` may mean; None where it has no such pronoun.

    One name is an answer, several are an ambiguity. Those pointed at come first; gender counts where it is known.
    """
    head = text[:1000]
    she, he, they = _SHE.search(head), _HE.search(head), _THEY.search(head)
    if not (she or he or they) or not _OF_WHOM.search(head) or not shown:
        return None
    tracks = [shown[number - 1] for number in pointed] or list(shown)
    found: dict[str, str] = {}
    unsure: dict[str, str] = {}
    for track in tracks:
        artist = track.artists[0]
        gender = (artist.gender or "").casefold() or (track.vocals or "").casefold()
        key = artist_key(artist.name)
        if they or (she and gender in _FEMALE) or (he and gender in _MALE):
            found.setdefault(key, artist.name)
        elif gender not in _FEMALE | _MALE:
            unsure.setdefault(key, artist.name)
    return tuple((found or unsure).values())


def offered(text: str, before: str) -> str | None:
    """Return the agent's yes-or-no question that `text` says yes to, or None: its words are then the listener's."""
    asked = before.strip().rpartition("?")[0]
    question = re.split(r"[.!?]\s+", asked)[-1] if before.rstrip().endswith("?") else ""
    if not question or _CHOICE.search(question) or not _YES.match(text.strip()):
        return None
    return question


def answers(standing: Wish | None, before: str) -> bool:
    """Tell whether the message answers a question that was put back to the listener."""
    return standing is not None and standing.clarify is not None and standing.clarify in before


def opinion_of(text: str, thread: ThreadView, pointing: Pointing) -> Act | None:
    """Return what is thought of the tracks that a message points at, where we had asked which are meant, or None."""
    wish = thread.wish
    if wish is None or wish.act not in OPINIONS or not answers(wish, thread.before):
        return None
    told = pointing.numbers or pointing.plural
    return wish.act if told and not _ORDER.search(text[:1000]) else None


def merged(
    act: Act, text: str, standing: Wish | None, want: Facets, avoid: Facets, like: tuple[str, ...]
) -> tuple[Facets, Facets, tuple[str, ...]]:
    """Return what is wanted, avoided and compared with, once a message is put on top of the standing wish."""
    if standing is None or act not in REFINING:
        return want, avoid, like
    adding = _ADDING.search(text[:1000]) is not None and act != "dislike"
    kept = {}
    for kind in FACET_KINDS:
        old, new = getattr(standing.want, kind), getattr(want, kind)
        # Whoever asks for jazz after songs by Nirvana has left Nirvana.
        left = want.artists or want.titles or want.albums or (want.genres and act == "refine")
        named_anew = kind in ("artists", "titles", "albums") and left
        replaced = (new and kind in _ONE_OF) or named_anew
        if kind == "artists" and _OTHERS.search(text[:1000]):
            kept[kind] = ()
            continue
        kept[kind] = () if replaced and not adding else old
    old_want = Facets(**kept).without(avoid)
    old_avoid = standing.avoid.without(want)
    likes = like or standing.like
    return old_want.merge(want), old_avoid.merge(avoid), likes


def cap_kept(act: Act, standing: Wish | None) -> int | None:
    """Return the cap per artist that a message leaves standing: what stands on a wish stands on its cap."""
    return standing.per_artist if standing is not None and act in REFINING else None


def without_ids(filters: Filters, ids: Sequence[str]) -> Filters:
    """Return `filters` that leave out the tracks `ids` as well."""
    return filters.merge(Filters(without_ids=tuple(ids))) if ids else filters
