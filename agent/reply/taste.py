"""What is said of a listener's taste: what an event changed, and what is remembered."""

from segue.memory.events import TasteEvent
from segue.memory.plain import plain
from segue.memory.taste import Taste

_CLEAR = 0.05


def told(event: TasteEvent) -> str:
    """Return one sentence on what an event changes."""
    name = plain(event.shown) or "that"
    when = f" ({plain(event.context)})" if event.context else ""
    if event.kind == "stated" and not event.lasting:
        return f"For now only: {'more' if event.leaning > 0 else 'less'} {name}{when}."
    sentences = {
        "liked": f"Remembered: you like {name}{when}.",
        "disliked": f"Remembered: you do not like {name}{when}; it will not come again.",
        "skipped": f"Remembered: you skipped {name}{when}.",
        "played": f"Remembered: you heard {name}{when}.",
        "banned": f"Never again: {name}{when}.",
        "unbanned": f"Allowed again: {name}{when}.",
        "stated": f"Remembered: you {'like' if event.leaning > 0 else 'avoid'} {name}{when}.",
        "forgotten": f"Forgotten: {name}{when}.",
        "undone": f"Taken back: {name}{when}.",
    }
    return sentences[event.kind]


def remembered(taste: Taste) -> str:
    """Return what is remembered of a listener, as they would be told."""
    line = taste.line()
    opinions = f"{len(taste.liked)} tracks liked, {len(taste.disliked)} disliked, {len(taste.played)} played"
    if not line and not (taste.liked or taste.disliked or taste.played):
        return "I know nothing of your taste yet."
    return f"What I remember: {line + '; ' if line else ''}{opinions}."
