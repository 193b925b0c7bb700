"""Certainties: what leaves no doubt and is not left to a model: plain orders, and words of refusal right before a name.

Short lists on purpose; whatever needs judgement is the classifier's.
"""

import re
from collections.abc import Sequence
from typing import Final

from segue.agent.hear.commands import SHOWING, is_about_memory
from segue.agent.wish import Act, Polarity
from segue.tools.search.words import Word

_ADVERBS: Final = r"(?:really |just |absolutely |also |do |quite )*"
_NUMBERED: Final = (
    r"(?:the )?(?:number \d+|#\d+|(?:first|second|third|fourth|fifth|sixth|last|\d+(?:st|nd|rd|th))"
    r"(?: (?:two|three|few))?)(?: ones?| songs?| tracks?)?"
)
_ACTS: Final[tuple[tuple[Act, str], ...]] = (
    ("control", r"^\W*(?:can|could|would|will) (?:you|we|u) (?:please )?(?:remove|delete|skip|drop|save|undo"
                r"|shuffle|clear)\b"),
    ("like", r"^\W*i (?:really |just |absolutely )*(?:love|like|adore) (?:this|that|these|those|it|them)(?: one"
             r"| ones| song| songs)?\W*$"),
    ("dislike", r"^\W*i (?:really |just |absolutely )*(?:hate|don'?t like|dislike) (?:this|that|these|those|it|them)"
                r"(?: one| ones| song| songs)?\W*$"),
    ("like", rf"^\W*i {_ADVERBS}(?:love|like|adore) {_NUMBERED}\W*$"),
    ("dislike", rf"^\W*(?:no,? |wait,? )*i {_ADVERBS}(?:hate|don'?t like|dislike) {_NUMBERED}\W*$"),
    ("more", rf"(?:^|[.,;!]\s*)(?:(?:and|but|please|some|play|give me|i want)\s+)*more (?:\w+ )?like (?:{_NUMBERED}"
             r"|this|that|these|those|it)(?: please| too)?\W*$"),
    ("taste", r"^\W*(?:(?:and|but|please|ok(?:ay)?|also)\W+)*no (?!more\b|one\b|thanks\b)\w[^.,;:!?]* ever"
              r"(?: again)?\W*$"),
    ("request", r"^\W*(?:(?:ok(?:ay)?|now|please|can we|could we|let'?s|and|then)\W+)*(?:go |get )?back to "
                r"(?!(?:my|the) (?:list|playlist)\b)\w"),
    ("control", rf"{SHOWING}"),
    ("request", r"^\W*surprise me\b"),
    # Somebody is to be forgotten, and nothing that is remembered of the listener.
    ("request", r"\b(?:make|help|let) me forget\b|(?<!you )\bto forget (?:him|her|them|you|my ex)\b"),
    ("request", r"^\W*(?:no,? )?(?:forget|never ?mind|scrap|scratch) (?:that|it|this|all that|about (?:that|it))\W+"
                r"(?:and |just |please |now |then )*(?:play|give|put on|find|show|let'?s|some\b|i want|how about)"),
    ("request", r"^\W*(?:please )?(?:play|put on) (?:me )?(?!it\b|that\b|this\b|them\b|these\b|those\b)\w.* by \w"),
    ("refine", r"\b(?:is|are|would be) (?:fine|ok|okay|alright|allowed|welcome) after all\b"),
    ("refine", r"^\W*(?:and|but) (?:only |just |preferably )*(?:with|from|in|without) (?!me\b|you\b)\w+"),
    ("refine", r"^\W*(?:sorry|oops|i mean|i meant)\W+(?:i mean(?:t)? |just |only |rather )+\w"),
    ("more", r"^\W*(?:un poco )?(?:m[aá]s|mehr|encore|ancora|mais|noch mehr|di pi[uù])"
             r"(?:\W+(?:por favor|bitte|s['’]il (?:te|vous) pla[iî]t|per favore))?\W*$"),
    ("more", r"^\W*(?:ok(?:ay)?\W+|yes\W+|please\W+|just\W+)*(?:keep going|keep (?:them|it|'em) coming|keep playing"
             r"|go on|continue)(?:\W+please)?\W*$"),
    ("chat", r"^\W*(?:(?:ok(?:ay)?|great|cool|perfect|awesome|nice|lovely|many)\W+)*"
             r"(?:thanks|thank you|thx|gracias|danke|merci|grazie|obrigad[oa])"
             r"(?: (?:so|very)? ?much| a lot| a bunch| again| you| everyone)?\W*$"),
    ("question", r"^\W*(?:who|what) are you\b|^\W*what can you do\b|^\W*how do(?:es)? (?:you|this) work\b"),
)  # fmt: skip
_PATTERNS: Final = tuple((act, re.compile(pattern, re.IGNORECASE)) for act, pattern in _ACTS)
_LEAD: Final = (
    r"^\W*(?:(?:actually|well|honestly|oh|hey|hi|hello|also|no|wait|ok|okay|you know|by the way|btw|but|and"
    r"|on second thoughts?|to be honest|tbh)\W+)*"
)
_LOVES: Final = (
    r"(?:love|like|adore|enjoy|(?:never|can(?:'|’)?t|cannot|don(?:'|’)?t) (?:ever )?(?:get|grow|have) "
    r"(?:tired|bored|sick|enough) of)"
)
_HATES: Final = (
    r"(?:hate|detest|dislike|loathe|despise|can(?:'|’)?t (?:stand|bear)|cannot (?:stand|bear)"
    r"|do(?: not|n(?:'|’)?t) (?:like|enjoy|care for))"
)
_AM: Final = r"i(?:(?:'|’)?m| am) (?:(?:really|very|so|just|totally|also|quite|all) )*"
_FOND: Final = r"(?:into|fond of|crazy about|mad about|big on|a (?:big |huge |great )?(?:fan|lover) of)"
_UNFOND: Final = (
    r"(?:not (?:really |much |that |so )?(?:into|fond of|big on|a (?:big |huge )?fan of)|sick of|fed up with)"
)
_OF_SIGHT: Final = (
    r"(?!(?:this|that|these|those|it|them|you|your|how|when|what|to|hearing|any of|all of|both|none|number)\b"
    rf"|{_NUMBERED}\b|the (?:\w+ )?(?:song|track|one|idea|playlist|list)\b|#|\d)"
)
_STATING: Final = re.compile(
    rf"{_LEAD}(?:i (?:(?:really|just|absolutely|also|simply|still|totally|do|always|have always|actually) )*"
    rf"(?:(?P<love>{_LOVES})|(?P<hate>{_HATES}))|{_AM}(?:(?P<fond>{_FOND})|(?P<unfond>{_UNFOND}))"
    rf"|(?P<bare>(?:really |absolutely |just )?(?:hate|detest|can(?:'|’)?t (?:stand|bear)))"
    rf"|(?P<keen>can(?:'|’)?t get enough of)) {_OF_SIGHT}(?=\W*\w)",
    re.IGNORECASE,
)
_ASKING_TOO: Final = re.compile(
    r"\b(?:play|give me|show me|put on|find me|recommend|suggest|queue|add|let'?s|want|need|looking for|please|can you"
    r"|could you|got any|something|anything|some(?: more)?|more|right now|today|tonight|now|for now)\b|\?",
    re.IGNORECASE,
)
_TURNING: Final = re.compile(
    r"\b(?:but|not|no|except|hate|love|like|can(?:'|’)?t|don(?:'|’)?t|without|unless|never|rather|than)\b",
    re.IGNORECASE,
)
_ADDING: Final = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|and|but|yes|great|nice|good|hm+|also|actually|please|with)\W+)*"
    r"(?:no|nothing|none|without|only|just|not|nobody|anything but|except)\b(?!\s*[,.!;:?])"
    r"(?!\W*(?:thanks|thank|problem|worries|idea|way|more|play|give|put|show|find|let|i|that|this|it|them|these|those)\b)",
    re.IGNORECASE,
)
_LIFTING: Final = re.compile(
    r"(?:^|[.!;]\s+)\W*(?:(?:ok(?:ay)?|actually|alright|fine|please|now|hey|well|yes|and)\W+)*"
    r"(?:(?:you|u) (?:can|may) (?:now )?(?:play|include|recommend|suggest|use)\b[^.:;!?]*\bagain\b"
    r"|(?:allow|unban|unblock)\b|(?:lift|remove|drop) (?:the|my) ban (?:on|of|against)\b|stop (?:banning|blocking)\b"
    r"|(?:take|put)\b[^.:;!?]*\b(?:off (?:the|my) (?:never.play|ban|block) ?list|back in)\b)",
    re.IGNORECASE,
)
_REFUSING: Final = frozenset(
    {
        "no",
        "not",
        "nothing",
        "none",
        "without",
        "except",
        "excluding",
        "minus",
        "never",
        "avoid",
        "besides",
        "ohne",
        "kein",
        "keine",
        "keinen",
        "sin",
        "nada",
        "sans",
        "aucun",
        "aucune",
        "senza",
        "niente",
        "nessun",
        "nessuna",
        "sem",
    }
)  # fmt: skip
LIKING: Final = frozenset({"love", "like", "adore", "enjoy"})
HATING: Final = frozenset({"hate", "detest", "dislike", "loathe", "despise"})
_DENYING: Final = frozenset({"not", "dont", "doesnt", "didnt", "never", "cant", "cannot"})
_PAIRS: Final = frozenset({("than", "other"), ("from", "apart"), ("from", "aside")})
"""Two words that refuse together, the last one first: "other than", "apart from"."""
_ORDER: Final = re.compile(
    r"^\W*(?:ok(?:ay)?\W+|hey\W+|now\W+|please\W+)*(?:some|a few|a couple of|\d+|more|any)\b[^.!?]*"
    r"\b(?:songs?|tracks?|tunes?|music)\b|"
    r"^\W*(?:ok(?:ay)?\W+|hey\W+|now\W+|please\W+)*(?:play|put on|give me|queue|find me|show me|let me hear)\b"
    r"|[.!:]\s*(?:please )?play\b|\bplease\b|\bplay\b[^.!?]*\b(?:now|tonight|today)\b",
    re.IGNORECASE,
)
_PLAY: Final = re.compile(
    r"^\W*(?:ok(?:ay)?\W+|hey\W+|now\W+|please\W+)*(?:play|put on) (?:me )?"
    r"(?!(?:the|it|that|this|these|those|them|all|everything|number|next|again|my)\b|#|\d)\w",
    re.IGNORECASE,
)
_ROLE: Final = re.compile(r"\b(?:system|assistant|developer|admin|tool)\s*:", re.IGNORECASE)
"""Somebody else's words, as a transcript would have them; listeners do not speak so of themselves."""
_OPINION: Final = re.compile(
    r"(?<!\.)\bi\b(?!\.)|(?<!play )(?<!give )(?<!find )(?<!show )\bme\b"
    r"|\b(?:my|never|always|ever|again|from now on|any ?more|favou?rites?|ban|block|stop)\b",
    re.IGNORECASE,
)
"""The I of "The Notorious B.I.G." is nobody's opinion."""
_BETWEEN: Final = frozenset(
    {
        "any", "more", "too", "so", "very", "the", "that", "really", "overly", "super", "for", "play", "in", "from",
        "by", "de", "di", "von", "of",
    }
)  # fmt: skip
_ORDERED: Final = frozenset({"me", "us", "to", "hear", "want", "wanna", "play", "recommend", "suggest", "give", "show"})
"""Words between "never" (or "don't") and what it forbids, besides those of `_BETWEEN`."""
_COMPARING: Final = frozenset(
    {
        "like", "similar", "resembling", "style", "vibe", "vein", "inspired", "influenced", "como", "come", "comme",
        "wie", "stile", "estilo", "stil", "parecido", "simile", "similaire", "ahnlich",
    }
)  # fmt: skip
_CREDITING: Final = frozenset({"by", "di", "de", "von", "par"})
"""Words before the name of whom music is by; those of other languages say no more than that, without a comparison."""


def certain_act(text: str) -> Act | None:
    """Return the act of a message that leaves no doubt, or None."""
    head = text[:300]
    memory = is_about_memory(head)
    if memory is not None:
        return "question" if memory == "show_taste" else "taste"
    if lifts_ban(head):
        return "taste"
    return next((act for act, pattern in _PATTERNS if pattern.search(head)), None)


def adds(text: str) -> bool:
    """Tell whether a message reads as an addition to what was asked: "nothing in Italian", "only female singers"."""
    return _ADDING.match(text[:300]) is not None


def lifts_ban(text: str) -> bool:
    """Tell whether a message says, as a sentence of its own, that something banned may be played again."""
    return _LIFTING.search(text[:300]) is not None


def stated(text: str) -> Polarity | None:
    """Return what a plain statement of taste ("I love jazz", "I can't stand country") says of what it names.

    None where it is none: where tracks in sight are spoken of, where tracks are asked for in the same breath.
    """
    head = text[:300]
    match = _STATING.match(head)
    if match is None or _ASKING_TOO.search(head):
        return None
    return "want" if match["love"] or match["fond"] or match["keen"] else "avoid"


def one_sided(text: str) -> bool:
    """Tell whether nothing in a plain statement of taste turns it ("I love jazz but not bebop")."""
    head = text[:300]
    match = _STATING.match(head)
    return match is not None and _TURNING.search(head[match.end() :]) is None


def plays(text: str) -> bool:
    """Tell whether a message orders something to be played that it does not point at: "play some country"."""
    return _PLAY.search(text[:300]) is not None


def asks(text: str) -> bool:
    """Tell whether a message asks for tracks in so many words, and says nothing of what the listener always likes."""
    head = text[:1000]
    if _ROLE.search(head):
        return True
    return _ORDER.search(head) is not None and _OPINION.search(head) is None


def certain_polarity(text: str, words: Sequence[Word], first: int) -> Polarity | None:
    """Return what is certainly wanted with the words from `first` on: "no X", "anything but X", "nothing but X"."""
    place = first - 1
    after = words[first].start
    ordered = False
    while place >= 0:
        word = words[place]
        if text[word.end : after].strip():  # a comma, a full stop, a quotation mark
            return None
        if word.key in ("never", "dont"):
            return "avoid"
        if ordered and word.key not in _BETWEEN | _ORDERED:
            return None
        if word.key in _REFUSING:
            return "avoid"
        earlier = words[place - 1].key if place else ""
        if (word.key, earlier) in _PAIRS:
            return "avoid"
        if word.key in HATING and earlier not in _DENYING:
            return "avoid"
        if word.key == "but" and place > 0:
            return "avoid" if earlier in ("anything", "everything", "all") else "want" if earlier == "nothing" else None
        if word.key not in _BETWEEN:
            if word.key not in _ORDERED:
                return None
            ordered = True
        after = word.start
        place -= 1
    return None


def credited(words: Sequence[Word], first: int, names: Sequence[tuple[int, int]]) -> bool:
    """Tell whether the name that begins at word `first` says who is to be heard: "rock by Radiohead or Nirvana".

    `names` are the spans of the names before it. Nothing may be compared before it: "like the ones by Radiohead".
    """
    place = first - 1
    ends = {stop: begin for begin, stop in names}
    while place >= 0 and words[place].key in ("or", "and"):
        begin = ends.get(place)
        if begin is None:
            return False
        place = begin - 1
    return place >= 0 and words[place].key in _CREDITING and not any(word.key in _COMPARING for word in words[:place])
