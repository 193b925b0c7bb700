"""`segue taste`: what is remembered of a listener, to see, change, take along and delete.

Works on the store alone, without loading the agent. Knows no conversation.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import typer

from segue.agent.settings import Settings
from segue.generator.errors import QueryError

if TYPE_CHECKING:
    from segue.memory.store import TasteStore
    from segue.memory.taste import Taste

T = TypeVar("T")
UserOption = Annotated[str, typer.Option(help="Whose taste.")]
DataOption = Annotated[
    Path | None, typer.Option(help="Folder of taste; by default SEGUE_DATA or the user's data folder.")
]
Change = Literal["like", "dislike", "never", "allow", "forget", "undo"]
_KINDS: Final = (
    "artist", "genre", "mood", "theme", "era", "vocals", "language", "instrument", "tempo", "version", "activity",
    "country", "album", "sound", "track", "work",
)  # fmt: skip

app = typer.Typer(help="What is remembered of a listener.", no_args_is_help=True)


@app.command()
def show(
    user: UserOption = "local",
    data: DataOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a listener likes, avoids and never wants to hear."""
    taste = _with_store(data, lambda store: store.taste(user))
    if json_:
        typer.echo(taste.model_dump_json(indent=2))
    else:
        _print(taste)


@app.command()
def edit(
    change: Annotated[Change, typer.Argument(help="What to do: like, dislike, never, allow, forget or undo.")],
    name: Annotated[str, typer.Argument(help='With what: "Massive Attack", country; nothing for undo.')] = "",
    kind: Annotated[str | None, typer.Option(help=f"What the name is ({', '.join(_KINDS)}).")] = None,
    context: Annotated[str | None, typer.Option(help="When it holds: work, gym ...")] = None,
    user: UserOption = "local",
    data: DataOption = None,
) -> None:
    """Change what is remembered; the next answer obeys."""

    async def run(store: "TasteStore") -> str:
        from segue.memory import editing

        if change == "undo":
            return (await editing.undo(store, user)).text
        if not name.strip():
            raise QueryError(f"say what: segue taste edit {change} NAME")
        subject = _subject(name, kind, await store.taste(user))
        said = {"name": name, "context": context, "message": f"segue taste edit {change}"}
        source = editing.Source(**{key: value for key, value in said.items() if value is not None})  # type: ignore[typeddict-item]
        made = {
            "like": lambda: editing.set_leaning(user, subject, 0.7, **source),
            "dislike": lambda: editing.set_leaning(user, subject, -0.7, **source),
            "never": lambda: editing.ban(user, subject, **source),
            "allow": lambda: editing.unban(user, subject, **source),
            "forget": lambda: editing.forget(user, subject, **source),
        }[change]()
        return (await editing.apply(store, made)).text

    typer.echo(_with_store(data, run))


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="A file; by default standard output.")] = None,
    user: UserOption = "local",
    data: DataOption = None,
) -> None:
    """Write everything that is remembered of a listener as JSON."""
    text = json.dumps(_with_store(data, lambda store: store.export(user)), ensure_ascii=False, indent=2)
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise QueryError(f"cannot write {out}: {error.strerror or error}") from error
    typer.echo(f"Written to {out}.", err=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `segue taste export` wrote.")],
    user: UserOption = "local",
    data: DataOption = None,
) -> None:
    """Add what was exported, here or elsewhere; what is known already stays as it is."""
    from segue.memory.errors import TasteFileInvalid

    try:
        found: object = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TasteFileInvalid(f"{file} cannot be read: {error}") from error
    new = _with_store(data, lambda store: store.import_(user, found))
    typer.echo(f"{new} new events.")


@app.command()
def erase(
    user: UserOption = "local",
    data: DataOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete everything that is remembered of a listener, and their conversations; no byte is left."""
    from segue.agent.storage import open_saver

    if not yes:
        typer.confirm(f"Delete the taste and the conversations of {user!r} for good?", abort=True)
    events = _with_store(data, lambda store: store.erase(user))
    saver = open_saver(**Settings.load().kept(data))
    try:
        threads = saver.erase(user)
    finally:
        saver.close()
    typer.echo(f"Erased: {events} events and {threads} conversations.")


def _with_store(data: Path | None, work: "Callable[[TasteStore], Awaitable[T]]") -> T:
    from segue.agent.storage import open_store

    async def run() -> T:
        store = open_store(**Settings.load().kept(data))
        try:
            return await work(store)
        finally:
            await store.aclose()

    return asyncio.run(run())


def _subject(name: str, kind: str | None, taste: "Taste") -> Any:
    """Return the subject that a name stands for: of the kind that was said, as remembered, or else a genre."""
    from segue.agent.learning import spelt
    from segue.agent.naming import remembered_subject
    from segue.memory.events import Subject

    if kind is not None:
        if kind not in _KINDS:
            raise QueryError(f"{kind!r} is no kind; there are {', '.join(_KINDS)}")
        return Subject.model_validate({"kind": kind, "value": name})
    return remembered_subject(name, taste) or spelt(name)


def _print(taste: "Taste") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from segue.agent.reply.taste import remembered

    console = Console(highlight=False)
    console.print(escape(remembered(taste)))
    if not taste.leanings and not taste.bans:
        return
    table = Table(box=None, pad_edge=False)
    for column in ("", "What", "Kind", "When", "Since"):
        table.add_column(column)
    for leaning in taste.leanings:
        cells = (f"{leaning.strength:+.2f}", leaning.name, leaning.subject.kind, leaning.context or "always")
        table.add_row(*map(escape, cells), f"{leaning.since:%Y-%m-%d}")
    for ban in taste.bans:
        table.add_row(
            "never", escape(ban.name), ban.subject.kind, escape(ban.context or "always"), f"{ban.since:%Y-%m-%d}"
        )
    console.print(table)
