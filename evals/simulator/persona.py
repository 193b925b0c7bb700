"""Who listens: what they rule out, how they talk, and how long they bear with an agent."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from segue.evals.simulator.goal import Trait


class Persona(BaseModel):
    """One kind of listener."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    """For chat models that play it."""
    unwanted: tuple[Trait, ...] = ()
    opening: Annotated[int, Field(ge=1)] = 2
    """Traits that they name in their first message."""
    per_turn: Annotated[int, Field(ge=1)] = 1
    """Traits that they add when they add some."""
    pleased: Annotated[float, Field(gt=0, le=1)] = 0.7
    """How well a track must suit for them to like it."""
    patience: Annotated[int, Field(ge=1)] = 3
    """Turns in a row without any track that suits half, after which they give up."""
    frank: bool = True
    """Whether they rule things out from the start, or only once they have heard some."""


def _not(kind: str, *values: str) -> tuple[Trait, ...]:
    return tuple(Trait(kind=kind, value=value) for value in values)


PERSONAS: Final[tuple[Persona, ...]] = (
    Persona(name="clear", about="knows what they want and says it at once", opening=3, per_turn=2, patience=4),
    Persona(name="vague", about="has only a hunch and needs to be drawn out", opening=1, patience=5),
    Persona(
        name="picky", about="rules things out firmly", unwanted=_not("genres", "country", "heavy metal"), opening=2,
        pleased=0.85, patience=3,
    ),
    Persona(
        name="late", about="says what they dislike only once they hear it",
        unwanted=_not("vocals", "male") + _not("genres", "hip hop"), opening=1, frank=False, patience=4,
    ),
    Persona(
        name="of an age", about="does not care for music from before 1980", unwanted=_not("years", "1900-1979"),
        opening=2,
    ),
    Persona(
        name="easy", about="is glad of most things and likes to hear more of them", opening=1, pleased=0.5, patience=6
    ),
)  # fmt: skip
