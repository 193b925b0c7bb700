"""recommend: the wish, the thread and the listener's taste become tracks that keep every hard constraint."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.agent.attempt import attempt
from segue.agent.guard import Rules, obedient
from segue.agent.hear.following import REFINING
from segue.agent.learning import named
from segue.agent.open_wish import is_open
from segue.agent.parts import MOST, Parts
from segue.agent.reply.constraints import constrained
from segue.agent.reply.wording import count as counted
from segue.agent.search_text import DESCRIBED, compared_with, comparisons, description, labels, search_text
from segue.agent.state import State, Update
from segue.agent.toolbox.calls import Called, call
from segue.agent.toolbox.recommend import FromThread
from segue.agent.turn import Receipt
from segue.agent.wish import Wish
from segue.generator.track import KINDS
from segue.memory.events import Subject
from segue.memory.plain import listed, plain
from segue.memory.profile import Taste
from segue.tools.catalog.catalog import Catalog
from segue.tools.ranking.recommend import Recommendation, Recommended
from segue.tools.ranking.select import Knobs
from segue.tools.ranking.situation import PastTurn, Situation
from segue.tools.search.filters import Filters

STEERED: Final = "What I know of your taste steered the search."
"""The receipt of a soft token."""
LOVED: Final = 3
"""Likings that an open request goes by, the strongest."""


async def recommend(state: State, parts: Parts) -> Update:
    """Find tracks."""
    wish, receipts = state["wish"], [*state["receipts"]]
    taste, failed = await attempt(
        "Reading your taste",
        parts.budgets.remember,
        parts.keeper.taste(state["user"]),
        None,
        "it did not steer the answer",
    )
    receipts += failed
    listener, failed = await _token(state, parts)
    receipts += failed
    banned = _banned(wish, taste, parts.catalog)
    receipts += [Receipt(kind="applied", text=text) for text in banned]
    count = min(wish.count or parts.count, MOST)
    if (wish.count or 0) > MOST:
        receipts.append(Receipt(kind="unmet", text=f"An answer has at most {MOST} tracks."))
    filters = _without_banned(wish, taste, parts)
    gone = frozenset(_without(state, wish, taste, parts.catalog))
    rules = Rules(filters, gone, taste, _knobs(wish), wish.context)
    loved = taste.likes(wish.context)[:LOVED] if taste is not None and _goes_by_taste(state) else []
    like = compared_with(wish, state.get("last") or (), parts.catalog, partial(_tracks_by, parts))
    # The newest are at the end, and say best where the thread goes.
    described = [parts.track(parts.catalog.ids[position]) for position in like[-DESCRIBED:]]
    text = " ".join(loved) or search_text(wish, described)
    situation = Situation(text, _past(state, parts.catalog), like)
    search = partial(_searched, state, parts, count, situation=situation, listener=listener)
    called, failed = await search(rules, f"{state['id']}-recommend")
    if called is not None and rules.knobs.per_artist is not None and wish.per_artist is None:
        kept = len(obedient(called.result.tracks, rules, parts.columns))
        if 0 < kept < count:
            # A narrow wish has few artists: more of the same is better than less than was asked for.
            freed = replace(rules, knobs=replace(rules.knobs, per_artist=None))
            again, failed = await search(freed, f"{state['id']}-recommend-more")
            if again is not None and len(obedient(again.result.tracks, freed, parts.columns)) > kept:
                called, rules = again, freed
                text = "Few artists fit, so that some come more often than usual."
                receipts.append(Receipt(kind="applied", text=text))
    exhausted = wish.filters.artists if wish.act in REFINING else ()
    if called is not None and exhausted and not obedient(called.result.tracks, rules, parts.columns):
        rest = rules.filters.model_copy(update={"artists": ()})
        like = tuple(_tracks_by(parts, exhausted))
        described = [parts.track(parts.catalog.ids[position]) for position in like[:DESCRIBED]]
        beyond = replace(rules, filters=rest, without=gone.union(like), knobs=Knobs(per_artist=wish.per_artist or 1))
        others = replace(situation, message=description(described) or situation.message, like=like)
        again, failed = await search(beyond, f"{state['id']}-recommend-others", situation=others)
        if again is not None and obedient(again.result.tracks, beyond, parts.columns):
            called, rules = again, beyond
            text = f"Nothing more by {listed(exhausted, 'or')} fits: these are others."
            receipts.append(Receipt(kind="unmet", text=text))
    receipts += failed
    if called is None:
        return {"recommendation": None, "receipts": receipts}
    if listener is not None:
        receipts.append(Receipt(kind="applied", text=STEERED))
    if compared := [mention.name for mention in comparisons(wish)]:
        receipts.append(Receipt(kind="applied", text=f"You compared with {listed(compared)}: these are others."))
    if loved:
        receipts.append(Receipt(kind="applied", text=f"You left it open: I went by your liking for {listed(loved)}."))
    found: Recommendation = called.result
    parts.track.keep(each.track for each in found.tracks)
    tracks = _named_first(wish, obedient(found.tracks, rules, parts.columns))
    receipts += constrained(rules.filters, found.applied, len(parts.catalog))
    if wish.per_artist is not None:
        number = counted(wish.per_artist)
        receipts.append(Receipt(kind="applied", text=f"At most {number} by one artist."))
    receipts += [Receipt(kind="applied", text=note) for note in found.notes]
    receipts += [Receipt(kind="degraded", text=note) for note in found.degraded]
    if 0 < len(tracks) < count:
        receipts.append(
            Receipt(kind="unmet", text=f"Only {counted(len(tracks))} {'fits' if len(tracks) == 1 else 'fit'}.")
        )
    return {
        "recommendation": replace(found, tracks=tuple(tracks)),
        "taste_line": taste.line(wish.context) if taste is not None else "",
        "facts": banned if not tracks else [],
        "messages": called.messages,
        "receipts": receipts,
    }


def _named_first(wish: Wish, tracks: list[Recommended]) -> list[Recommended]:
    """Put the songs that a message asks for by name in front."""
    asked = {
        position
        for mention in wish.mentions
        if mention.kind == "title" and mention.polarity == "want"
        for position in mention.positions
    }
    return sorted(tracks, key=lambda track: track.position not in asked)


def _without_banned(wish: Wish, taste: Taste | None, parts: Parts) -> Filters:
    """Return the filters of a wish; where its artists are banned, those of what else it asks for."""
    wanted = wish.filters.artists
    if taste is None or not wanted or not wish.want.genres:
        return wish.filters
    if not all(taste.is_banned([Subject(kind="artist", value=name)], context=wish.context) for name in wanted):
        return wish.filters
    rest = wish.filters.model_copy(update={"artists": ()})
    narrowed = rest.merge(Filters(genres=wish.want.genres))
    return narrowed if parts.columns.apply(narrowed)[0].any() else rest


async def _token(state: State, parts: Parts) -> tuple[NDArray[np.float32] | None, list[Receipt]]:
    """Return the listener's soft token: after the taste was read, so that what was just said is in it."""
    if parts.listeners is None or not state.get("personal", True):
        return None, []
    if not parts.recommender.heeds_generator(first=not state.get("past")):
        return None, []
    work = parts.listeners.token(state["user"])
    return await attempt("Your listening history", parts.budgets.remember, work, None, "it did not steer the search")


def _goes_by_taste(state: State) -> bool:
    """Tell whether a thread opens with a message that leaves it all to us, who may know the listener."""
    return is_open(state["wish"]) and not state.get("past") and state.get("personal", True)


async def _searched(
    state: State,
    parts: Parts,
    count: int,
    rules: Rules,
    key: str,
    *,
    situation: Situation,
    listener: NDArray[np.float32] | None,
) -> tuple[Called | None, list[Receipt]]:
    return await attempt(
        "The search",
        parts.budgets.recommend,
        call(
            parts.tools["recommend"],
            {"request": situation.message, "count": count, "filters": rules.filters.model_dump(exclude_defaults=True)},
            key,
            thread=FromThread(
                situation,
                tuple(sorted(rules.without)),
                rules.taste,
                state.get("weights"),
                rules.knobs,
                state["wish"].context,
                listener,
                labels(state["wish"]),
            ),
        ),
        None,
        "there are no tracks in this answer",
    )


def _tracks_by(parts: Parts, artists: Sequence[str]) -> list[int]:
    found: list[int] = np.flatnonzero(parts.columns.apply(Filters(artists=tuple(artists), kinds=KINDS))[0]).tolist()
    return found


def _banned(wish: Wish, taste: Taste | None, catalog: Catalog) -> list[str]:
    """Return sentences on what is asked for although the listener has banned it: the ban holds until it is lifted."""
    if taste is None:
        return []
    wanted = list(named(wish.want, wish, catalog))
    for mention in wish.mentions:
        if mention.kind == "title" and mention.polarity == "want" and mention.positions:
            artists = catalog.at(mention.positions[0]).artists
            wanted += [(Subject(kind="artist", value=artist.name), artist.name) for artist in artists]
    bans = [taste.ban_on([subject], context=wish.context) for subject, _ in wanted]
    names = [plain(ban.name) for ban in bans if ban is not None]
    said = [f"You asked me never to play {name}; “allow {name} again” lifts that." for name in names]
    return list(dict.fromkeys(said))


def _knobs(wish: Wish) -> Knobs:
    """Return the knobs: those that were said; somebody who asks for an artist or an album may else get nothing else."""
    if wish.per_artist is not None:
        return Knobs(per_artist=wish.per_artist)
    by_name = wish.want.artists or wish.want.albums or wish.filters.artists
    return Knobs(per_artist=None) if by_name else Knobs()


def _without(state: State, wish: Wish, taste: Taste | None, catalog: Catalog) -> set[int]:
    """Return the positions of what was shown, played or turned down, save songs that the message asks for by name."""
    gone = {*(state.get("seen") or ()), *(state.get("rejected") or ())}
    if taste is not None:
        gone |= {*taste.played, *taste.disliked, *taste.skipped}
    positions = {catalog.positions[track_id] for track_id in gone if track_id in catalog}
    for mention in wish.mentions:
        if mention.kind == "title" and mention.polarity == "want":
            positions -= set(mention.positions)
    return positions


def _past(state: State, catalog: Catalog) -> tuple[PastTurn, ...]:
    """Return the newest turns in catalog positions."""

    def positions(ids: list[str]) -> tuple[int, ...]:
        return tuple(catalog.positions[track_id] for track_id in ids if track_id in catalog)

    turns = state.get("past") or []
    return tuple(
        PastTurn(
            message=turn["message"],
            reply=turn["reply"],
            liked=positions(turn["liked"]),
            disliked=positions(turn["disliked"]),
            shown=positions(turn["shown"]),
        )
        for turn in turns
    )
