"""Feelings told by what happened: "my dog died today", "she broke up with me", "I had a rough day".

Who says so asks for music that fits, and not for songs about dogs. Knows English, and sentences in the first person.
"""

import re
from typing import Final, NamedTuple

_PERSON: Final = re.compile(r"\b(?:i|i['’]?m|i['’]?ve|we|my|our|me|us)\b", re.IGNORECASE)
_CLAUSE: Final = re.compile(r"[^.,;:!?\n]+")
_EVENTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (mood, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE))
    for mood, pattern in (
        ("comforting", r"died|passed away|(?:'s|is|are) dead|put (?:him|her|it|them) down|funeral|mourning|grieving"
                       r"|lost (?:my|our) \w+|(?:bad|rough|awful|terrible|horrible|hard|tough|shitty|worst) "
                       r"(?:day|night|week|month|year|time)|got (?:fired|laid off)|feel(?:ing)? (?:awful|terrible"
                       r"|horrible|like crying)|can(?:'|’)?t stop crying|was crying"),
        ("heartbroken", r"(?:broke|broken|breaking|split) up|dumped (?:me|us)|(?:left|leaving|cheated on) me"
                        r"|heart ?broken|my heart is broken|(?:getting|got) (?:a )?divorced?"),
        ("celebratory", r"got (?:the job|promoted|engaged|married|accepted|my degree)|(?:am|i'm|im|are) (?:getting "
                        r"married|pregnant)|passed (?:my|the|all my) exams?|graduated"),
    )
)  # fmt: skip


class Feeling(NamedTuple):
    """A clause that tells what happened, by its place in the text, and the mood of music that fits."""

    start: int
    end: int
    mood: str


def feelings_in(text: str) -> list[Feeling]:
    """Return the clauses of a message that tell what happened to the listener."""
    found = []
    for clause in _CLAUSE.finditer(text[:1000]):
        mood = next((mood for mood, pattern in _EVENTS if pattern.search(clause[0])), None)
        if mood is not None and _PERSON.search(clause[0]):
            start = clause.start() + len(clause[0]) - len(clause[0].lstrip())
            found.append(Feeling(start, clause.end(), mood))
    return found


def without_stories(text: str) -> str:
    """Return a message without those clauses: nobody in mourning searches for titles with "dog" in them."""
    for each in reversed(feelings_in(text)):
        text = f"{text[: each.start]} {text[each.end :]}"
    return text
