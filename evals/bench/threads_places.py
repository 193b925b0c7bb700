"""Where each trial of conversations keeps its threads and tastes: in files, or in a Postgres database.

Knows how a place is made and cleared away; what is kept there is the agent's business.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict
from uuid import uuid4


class Place(TypedDict):
    """One place, as arguments of `MusicAgent`."""

    data: Path
    database: str | None


@contextmanager
def places(folder: Path, database: str | None = None) -> Iterator[Callable[[str], Place]]:
    """Give what makes a place of its own for each trial, by the trial's name.

    Args:
        folder: where files go.
        database: the address of a Postgres database; each trial then has a schema of its own there, which is dropped
            in the end.

    Raises:
        PostgresMissing: the libraries for it are not installed.
        TasteStoreBusy: the database cannot be reached, or schemas may not be made there.
    """
    if database is None:
        yield lambda trial: {"data": folder / trial, "database": None}
        return
    from segue.memory.postgres import need_postgres

    need_postgres()
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from segue.memory.errors import TasteStoreBusy
    from segue.memory.postgres_pool import place

    made: list[str] = []
    prefix = f"segue_bench_{uuid4().hex[:8]}"

    def do(statement: str, schema: str) -> None:
        try:
            with psycopg.connect(database, autocommit=True) as admin:
                admin.execute(sql.SQL(statement).format(sql.Identifier(schema)))
        except psycopg.Error as error:
            raise TasteStoreBusy(f"{place(database)} cannot be used: {error}") from error

    def make(trial: str) -> Place:
        schema = f"{prefix}_{len(made)}"  # no name of a trial: a comma in it would be two schemas to look in
        do("CREATE SCHEMA {}", schema)
        made.append(schema)
        options = f"{conninfo_to_dict(database).get('options') or ''} -csearch_path={schema}".strip()
        return {"data": folder / trial, "database": make_conninfo(database, options=options)}

    try:
        yield make
    finally:
        for schema in made:
            do("DROP SCHEMA {} CASCADE", schema)


def has_password(database: str) -> bool:
    """Tell whether the address of a Postgres database has a password in it (PostgresMissing where nothing can tell)."""
    from segue.memory.postgres import need_postgres

    need_postgres()
    from psycopg.conninfo import conninfo_to_dict

    return "password" in conninfo_to_dict(database)
