"""The hearer: message + thread -> `Wish`, from top to bottom.

    read      words, names of the catalog, what is seen without a model      reading.py
    sense     act, scope, facets with their polarity                          model.py
    name      facets in the catalog's spelling; what is missing               naming.py
    point     which tracks in sight are meant; whom "her" means               pointing.py, following.py
    merge     on top of the standing wish                                     following.py
    compile   hard filters, and what is unmet                                 constraints.py
    ask       one question where an ambiguity matters                         asking.py

Text of listeners and catalogs is data: no word of it changes how the rest is read.
"""

import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

from segue.agent.hear.asking import question_for
from segue.agent.hear.certain import adds, asks, certain_act, lifts_ban, one_sided, plays, stated
from segue.agent.hear.commands import control_command, is_about_memory, taste_command
from segue.agent.hear.comparatives import changes, tones_down
from segue.agent.hear.constraints import compile_constraints
from segue.agent.hear.counts import count_in, per_artist_in
from segue.agent.hear.emoji import shown_by_emoji
from segue.agent.hear.episodes import asks_for_episodes, with_kinds
from segue.agent.hear.following import OPINIONS, answers, cap_kept, merged, offered, opinion_of, whom, without_ids
from segue.agent.hear.house import House
from segue.agent.hear.model import SHIPPED, HearModel, Sense
from segue.agent.hear.named import Named, taken_up
from segue.agent.hear.naming import name
from segue.agent.hear.pointing import Pointing, points
from segue.agent.hear.questions import asked_in, extreme_in, labels_in_question
from segue.agent.hear.reading import Reader
from segue.agent.hear.turning import corrects, denies, forgets, resizes, without_lead
from segue.agent.wish import ACTS, Act, Command, Facets, Question, ThreadView, Unmet, Wish
from segue.tools.catalog.catalog import Catalog
from segue.tools.search.filters import Filters
from segue.tools.search.search import Searcher
from segue.tools.search.words import words

MOST_CHARACTERS: Final = 20_000
"""Of a longer message only the beginning is read."""
ASKING: Final[frozenset[Act]] = frozenset({"request", "refine", "more", "dislike"})
"""Acts that ask for tracks."""
_POINTING: Final[frozenset[Act]] = frozenset({"question", "control", "like", "dislike", "more"})
"""Acts in which "it" is the track last spoken of."""
_ALL_FROM: Final = 0.5
"""Probability from which on a message without pointing words is meant for all that is shown."""
_CONTEXT: Final = re.compile(
    r"\b(?:for|at|during|while|when|in|on)\s+(?:i'?m |we'?re |the |my |a )*(?P<what>work(?:ing)?|gym|studying|study"
    r"|commute|car|"
    r"kids|party|dinner|running|sleep|yoga|cooking|cleaning|driving|weekends?|mornings?|evenings?|home|breakfast"
    r"|office)\b"
    r"|\b(?P<with>with (?:the|my) (?:kids|children|wife|husband|family|friends|parents|boss|team))\b",
    re.IGNORECASE,
)
_ONE_OFF: Final = re.compile(
    r"\b(?:tonight|right now|rn|today|for now|this time|just (?:this|for)|at the moment|this weekend|joke)\b",
    re.IGNORECASE,
)
_NEXT: Final = re.compile(r"next(?: (?:ones?|few|please))*[.!]*", re.IGNORECASE)
_MORE: Final = re.compile(r"\bmore\b", re.IGNORECASE)
_MORE_SO: Final = re.compile(r"\W*(?:(?:no|and|but|a|bit|little|even|much|please)\W+)*more \w+\W*", re.IGNORECASE)
_ALWAYS: Final = re.compile(
    r"\b(?:never|ever|always|from now on|in general|any more|anymore|remember (?:that|this)|favou?rites?|for good"
    r"|nunca|jamais|nie)\b",
    re.IGNORECASE,
)


class Hearer:
    """Understands messages about one catalog. Safe to share between threads.

    hearer = Hearer(catalog)
    wish = hearer.hear("some mellow 90s rock, nothing too sad", ThreadView())
    """

    def __init__(self, catalog: Catalog, searcher: Searcher | None = None, *, weights: Path = SHIPPED) -> None:
        self.house = House(catalog, searcher)
        self._weights = weights

    @cached_property
    def model(self) -> HearModel:
        """The trained model, loaded at the first message."""
        return HearModel.load(self._weights)

    @cached_property
    def reader(self) -> Reader:
        """What cuts messages into words and links names."""
        return Reader(self.house.linker)

    def warm_up(self) -> None:
        """Load everything now instead of at the first message."""
        self.hear("some rock", ThreadView())
        self.house.nearest("artist", "somebody unheard of")

    def hear(self, message: str, thread: ThreadView | None = None) -> Wish:
        """Return what `message` asks for, said in `thread`."""
        thread = thread or ThreadView()
        text = _read(message, thread)
        turned = text != message[:MOST_CHARACTERS]
        if not words(text):
            return Wish(act="other", text=message)
        reading = self.reader(text, thread.before, thread.shown)
        if not reading.words:
            return Wish(act="other", text=message)
        sense = self.model(reading)
        certain = certain_act(text)
        act = certain or decide_act(sense)
        named = name(reading, sense, self.house, thread.shown)
        opinion = stated(text) if certain is None else None
        if opinion is not None and named.speaks_of_kinds(thread.shown):
            act = "taste"
            if one_sided(text):
                named.turn(opinion)
        elif act == "taste" and certain is None and named.want and asks(text):
            # Whoever asks for something once has said nothing for ever, and has lifted no ban.
            act = "request"
        elif certain is None and thread.wish is not None and adds(text) and self._narrows(act, named, thread):
            act = "refine"
        elif (
            act == "more" and certain is None and thread.shown and _MORE_SO.fullmatch(text) and named.want.get("moods")
        ):
            # "More cheerful" asks for another mood; more of the same would be more rock.
            act = "refine"
        elif certain is None and thread.shown and (changes(text) or (tones_down(text) and (named.want or named.avoid))):
            # "Happier" alone is short enough for a model to take it for praise.
            act = "refine"
        elif act == "control" and certain is None and plays(text) and named.speaks_of_kinds(thread.shown):
            # Playing is up to a player; what is named and not in sight has to be found first.
            act = "request"
        elif act == "control" and certain is None and len(thread.shown) > 1 and _NEXT.fullmatch(text.strip()):
            # Nothing is playing here that could be skipped: who has seen a list and says "next" wants the next one.
            act = "more"
        elif act in ("chat", "other", "control") and certain is None and asks_for_episodes(text, named.mentions):
            # The model has never heard of podcasts.
            act = "request"
        if certain is None and thread.wish is not None:
            if corrects(text, named.avoid.get("genres", ()), thread.wish.want):
                # What they are instead is not asked for either.
                act, named = "dislike", Named(mentions=[each for each in named.mentions if each.kind == "title"])
            elif turned and named.want and act not in ("question", "taste"):
                act = "request" if forgets(message) else "refine"
            elif act in ("request", "control") and resizes(text) and count_in(text) and not named.speaks_of_kinds(()):
                act = "refine"
        sign = shown_by_emoji(text) if certain is None and thread.shown else None
        if sign is not None and not named.speaks_of_kinds(thread.shown):
            act = sign
        question = offered(text, thread.before)
        if question is not None and not named.want:
            asked = self.reader(question)
            named = taken_up(name(asked, self.model(asked), self.house, thread.shown)) if asked.words else named
            if named.want:
                act = "more" if _MORE.search(question) else "refine"
        return self.complete(message, thread, act, sense.scopes["all"], named)

    def complete(
        self,
        message: str,
        thread: ThreadView,
        act: Act,
        all_meant: float,
        named: Named,
        refs: tuple[int, ...] = (),
    ) -> Wish:
        """Return the whole wish once the act and the named things are known, whoever found them.

        `all_meant` is the probability that all tracks in sight are meant; `refs` are those that are for certain.
        """
        text = _read(message, thread)
        pointing = points(text, thread.shown)
        if act == "dislike" and denies(text):
            # "That's not jazz" points at no Jazz Messengers.
            pointing = replace(pointing, numbers=tuple(sorted(pointing.explicit)), named=False)
        opinion = opinion_of(text, thread, pointing) or (pointing.verdict if thread.shown else None)
        if opinion is not None:
            # What is named was named to point at it.
            act, named = opinion, Named()
        if len(thread.focus) == 1 and act in _POINTING and pointing.at_one:
            pointing = replace(pointing, numbers=thread.focus, single=False)
        refs = refs or references(act, pointing, all_meant, len(thread.shown))
        want, avoid, like = named.facets("want"), named.facets("avoid"), tuple(named.like)
        persons = whom(text, thread.shown, pointing.numbers) if act in ("request", "refine", "more") else None
        if persons and len(persons) == 1 and not want.artists:
            want = want.merge(Facets(artists=persons))
        lasting = act == "taste" and (_ALWAYS.search(text) is not None or _ONE_OFF.search(text) is None)
        command, question = self._done_and_asked(act, text, want, avoid, refs)
        if (
            thread.wish is not None
            and thread.wish.act not in OPINIONS
            and answers(thread.wish, thread.before)
            and act not in ("control", "question")
        ):
            act = thread.wish.act if thread.wish.act in ASKING else "request"
            want, avoid = thread.wish.want.merge(want), thread.wish.avoid.merge(avoid)
        else:
            want, avoid, like = merged(act, text, thread.wish, want, avoid, like)
        filters, unmet = self._compiled(act, command, want, avoid, text, thread)
        if act in ASKING:
            filters, unmet = with_kinds(
                filters, unmet, act=act, text=text, want=want, mentions=named.mentions, standing=thread.wish,
                house=self.house,
            )  # fmt: skip
        if act == "dislike":
            filters = without_ids(filters, [thread.shown[number - 1].id for number in refs])
        context = _CONTEXT.search(text)
        return Wish(
            act=act,
            text=message,
            want=want,
            avoid=avoid,
            like=like,
            count=count_in(text),
            per_artist=per_artist_in(text) or cap_kept(act, thread.wish),
            refs=refs,
            lasting=lasting,
            context=(context["what"] or context["with"]).lower() if context else None,
            mentions=tuple(named.mentions),
            filters=filters,
            command=command,
            question=question,
            missing=tuple(named.missing),
            nearest=named.nearest,
            unmet=unmet,
            clarify=question_for(act, named, pointing, persons, thread.shown, command, self.house),
        )

    def _narrows(self, act: Act, named: Named, thread: ThreadView) -> bool:
        """Tell whether an addition is one to the wish: "nothing by Portishead" is no verdict on tracks in sight."""
        return act == "request" or (act == "dislike" and bool(named.avoid) and named.speaks_of_kinds(thread.shown))

    def _compiled(
        self, act: Act, command: Command | None, want: Facets, avoid: Facets, text: str, thread: ThreadView
    ) -> tuple[Filters, tuple[Unmet, ...]]:
        """Compile what is asked of tracks now; words about tracks in sight or about taste ask nothing of others."""
        if act in ASKING or (command is not None and command.name in ("play", "add")):
            return compile_constraints(want, avoid, self.house, text, thread.shown, only_artists=act in ASKING)
        if act == "taste" and command is not None and command.name in ("never", "state"):
            # What is never to be heard holds at once; that memory cannot leave it out is memory's to say.
            return compile_constraints(Facets(), avoid, self.house, text, only_artists=False)[0], ()
        return Filters(), ()

    def _done_and_asked(
        self, act: Act, text: str, want: Facets, avoid: Facets, refs: tuple[int, ...]
    ) -> tuple[Command | None, Question | None]:
        if act == "control":
            return control_command(text), None
        if act == "taste":
            if lifts_ban(text):
                return Command(name="unban", argument=avoid.text()), None
            command = taste_command(text, avoid.text())
            # A ban is lifted by a sentence that says so, never by words in passing.
            return (Command(name="state", argument=command.argument) if command.name == "unban" else command), None
        if act == "question":
            about = is_about_memory(text)
            asked, extreme = extreme_in(text) or (asked_in(text), None)
            labels = () if extreme or asked in ("why", "year", "album") else labels_in_question(text, want)
            return Command(name=about) if about else None, Question(
                asked=asked, refs=refs, extreme=extreme, labels=labels
            )
        return None, None


def _read(message: str, thread: ThreadView) -> str:
    """Return what is read of a message: its beginning, without what leads up to a change of mind."""
    text = message[:MOST_CHARACTERS]
    return text if thread.wish is None else without_lead(text)


def decide_act(sense: Sense) -> Act:
    """Return the likeliest act."""
    return max(ACTS, key=lambda act: sense.acts[act])


def references(act: Act, pointing: Pointing, all_meant: float, total: int) -> tuple[int, ...]:
    """Return the numbers of the tracks that a message is about."""
    if act == "taste" and not pointing.explicit:
        return ()
    if act in ("request", "chat", "other") and not pointing.explicit:
        return ()
    if pointing.numbers:
        return pointing.numbers
    if pointing.single and total > 1 and act in ("like", "dislike"):
        return ()  # one of them, no telling which: see `question_for`
    if pointing.plural and act in ("like", "dislike", "question"):
        return tuple(range(1, total + 1))
    if total and all_meant >= _ALL_FROM and act in ("like", "dislike", "control", "question", "refine"):
        return tuple(range(1, total + 1))
    return ()
