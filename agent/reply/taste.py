"""What a listener is told of what is remembered of them."""

from segue.memory.taste import Taste


def remembered(taste: Taste) -> str:
    """Return what is remembered of a listener, in two sentences at most."""
    opinions = [
        f"{len(ids)} {'track' if len(ids) == 1 else 'tracks'} {what}"
        for ids, what in ((taste.liked, "liked"), (taste.disliked, "disliked"), (taste.played, "played"))
        if ids
    ]
    line = taste.line()
    if not line and not opinions:
        return "I know nothing of your taste yet."
    told = [f"What I remember: {line}."] if line else []
    return " ".join([*told, *([f"Also {', '.join(opinions)}."] if opinions else [])])
