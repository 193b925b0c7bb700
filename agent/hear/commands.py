"""Commands: what is to be done to the playlist or to what is remembered, with the words that say what with.

Patterns over the message, English first, a few words of other languages; called only where the act is one of doing.
"""

import re
from typing import Final

from segue.agent.wish import Command, CommandName

SHOWING: Final = (
    r"\bwhat(?:['’]?s| is| do i have| have i got)? (?:now |so far |all )?(?:on|in) (?:my|the) (?:list|playlist)\b"
    r"|^\W*(?:please )?(?:show|read|list)(?: me)? (?:what(?:['’]?s| is) (?:on|in) )?(?:my|the) (?:list|playlist)\b"
)
"""Words that ask what the list holds."""
_TASTE: Final[tuple[tuple[CommandName, str], ...]] = (
    ("erase", r"\b(?:erase|delete|wipe|reset) (?:everything|all)(?: that)?(?: you)?\b.*\b(?:know|remember|about me"
              r"|my taste)"
              r"|\b(?:erase|delete|wipe|reset) my (?:taste|profile|history|data)\b|\bforget (?:everything|all)\b"
              r"|\bforget me\b"),
    ("undo", r"\bundo\b|\btake (?:that|it) back\b|\bscratch that\b|\bnever ?mind (?:that|what i)\b"),
    ("show_taste", r"\bwhat (?:do |did )?you (?:actually )?(?:know|remember|think|have on).*\b(?:me|i|my|mine)\b"
                   r"|\bshow (?:me )?my (?:taste|profile)\b"
                   r"|\bwhat(?:'s| is) my taste\b|\bwhat have you learn(?:ed|t)\b"),
    ("unban", r"\b(?:unban|unblock|allow)\b|\boff (?:the|my) (?:never.play|ban|block) ?list\b|\bput .*\bback in\b"
              r"|\bcan play\b.*\bagain\b"
              r"|\bstop (?:banning|blocking)\b"),
    ("forget", r"\bforget (?:that |about )?\b|\bscrap (?:it|that) from\b|\bdon'?t (?:save|remember|note|learn|count)\b"
               r"|\bthat(?:'s| is|s) not me\b|\b(?:was|is) (?:a joke|my (?:brother|sister|roommate|friend|kid|ex)"
               r"|for my)\b"
               r"|\bnot (?:my|as my) taste\b|\bremove .* from (?:my|your) (?:taste|memory|profile)\b"
               r"|\bi no longer like\b"),
    ("never", r"\bnever\b|\b(?:ban|block|blacklist)\b|\bdon'?t (?:ever|want to hear)\b|\bnot? .*\b(?:ever|again)\b"
              r"|\bstop (?:playing|"
              r"recommending|suggesting|giving)\b|\bnunca\b|\bjamais\b|\bnie (?:wieder|mehr)\b|\bmai più\b"
              r"|\bkabhi mat\b|\bbir daha\b"
              r"|\bplus jamais\b|\bno me pongas\b|\bno more\b"),
)  # fmt: skip
_CONTROL: Final[tuple[tuple[CommandName, str], ...]] = (
    ("show_list", SHOWING),
    ("undo", r"\bundo\b|\b(?:put|bring) (?:it|that|them) back\b|\bgo back\b|\brevert\b"),
    ("rename", r"\b(?:rename|call|name) (?:it|this|that|the (?:list|playlist))\b|\brename\b"),
    ("clear", r"\b(?:clear|empty|wipe|reset)\b|\b(?:delete|remove|erase) (?:everything|all|the (?:whole )?(?:list"
              r"|playlist))\b"
              r"|\bstart (?:over|from scratch|again|fresh)\b"),
    ("save", r"\b(?:save|export|download|bookmark)\b|\bmark .*\bfavou?rites?\b"),
    ("remove", r"\b(?:remove|delete|drop|toss|ditch|bin|take (?:off|out|away|that|it|them|those)|kick|get rid|lose"
               r"|scratch"
               r"|enl[eè]ve|quita|borra|l[oö]sch\w*|togli|sil|hata do)\b|\btake .*\b(?:off|out)\b"
               r"|\bout\b(?!.*\badd\b)"),
    ("skip", r"\b(?:skip|next|pass|saltar|weiter|suivante?|avanti|ge[cç])\b"),
    ("shuffle", r"\b(?:shuffle|randomi[sz]e|mix (?:it|them) up)\b"),
    ("repeat", r"\b(?:repeat|loop|replay|again)\b"),
    ("sort", r"\b(?:sort|order|reorder|swap|move|rearrange|put .*\b(?:first|last|end|top|start|beginning))\b"),
    ("add", r"\b(?:add|queue|include|put|insert|throw|keep|aggiungi|ajoute\w*|a[ñn]ad\w*|agrega\w*|ekle|adiciona\w*"
            r"|f[uü]g)\b"
            r"|\bon (?:my|the) (?:list|playlist)\b"),
    ("stop", r"\b(?:stop|pause|quit|shut up|enough|end|halt|stopp|para|ferma|arr[eê]te)\b"),
    ("play", r"\b(?:play|start|resume|put on|spin|hear|toca|pon|spiel\w*|joue|çal)\b"),
)  # fmt: skip
_ALL: Final = re.compile(
    r"\b(?:everything|all(?: of)?(?: them| these| those| the songs)?|whole (?:list|playlist|lot)|the (?:list"
    r"|playlist))\b",
    re.I,
)
_NAME: Final = re.compile(
    r"\b(?:rename|call|name) (?:it|this|that|the (?:list|playlist))(?: to"
    r"| as)? [\"“']?(?P<name>[^\"”,.!?]{1,80}?)[\"”']?"
    r"(?:\s+(?:and|then|please)\b.*)?$|\bsave (?:it|this|that|them|these|the (?:list|playlist)) (?:as|to|under) [\"“']?"
    r"(?P<file>[^\"”,!?]{1,80}?)[\"”']?$|\b(?:to|into|in|on|at the top of) (?:my "
    r"|the )?[\"“']?(?P<list>[^\"”,.!?]{1,60}?)[\"”']? "
    r"(?:list|playlist|folder)\b",
    re.I,
)
_TASTE_PATTERNS: Final = tuple((name, re.compile(pattern, re.I)) for name, pattern in _TASTE)
_CONTROL_PATTERNS: Final = tuple((name, re.compile(pattern, re.I)) for name, pattern in _CONTROL)


def taste_command(text: str, avoided: str) -> Command:
    """Return what a statement of taste does to what is remembered; `avoided`: what it speaks against, may be empty."""
    head = text[:1000]
    for name, pattern in _TASTE_PATTERNS:
        if pattern.search(head) and not (name == "never" and not avoided):
            return Command(name=name, argument=avoided, everything=name == "erase")
    return Command(name="state", argument=avoided)


def is_about_memory(text: str) -> CommandName | None:
    """Return the command where a message plainly operates the memory, whatever the classifier takes it for."""
    for name, pattern in _TASTE_PATTERNS[:3]:
        if name != "undo" and pattern.search(text[:1000]):
            return name
    return None


def control_command(text: str) -> Command:
    """Return what a message does to the playlist; "other" where no pattern knows it."""
    head = text[:1000]
    named = _NAME.search(head)
    argument = next((value for value in named.groupdict().values() if value), "") if named else ""
    everything = _ALL.search(head) is not None
    places = [
        (match.start(), rank, name)
        for rank, (name, pattern) in enumerate(_CONTROL_PATTERNS)
        if (match := pattern.search(head))
    ]
    first = min(places, key=lambda item: (item[1] > 3, item[0], item[1]), default=None)
    name: CommandName = first[2] if first else "other"
    return Command(name=name, argument=argument.strip(), everything=everything)
