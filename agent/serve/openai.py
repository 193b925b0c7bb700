"""The part of OpenAI's chat completions that makes sense for an agent which answers with tracks.

Fields that steer a language model (temperature, tools, ...) are accepted and have no effect, for clients send them
unasked; those that would change what comes back (`n` above 1) are refused. Tracks, receipts and weights are in the
field `segue`, which other clients ignore; for those the text names the tracks too. Knows no HTTP.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from segue.agent.serve.models import Text, ThreadName, TurnAnswer, UserName, Weights
from segue.agent.serve.problems import Problem

MODEL: Final = "segue"
MAX_MESSAGES: Final = 1_000


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(_Lenient):
    """A part of a message that is no plain string."""

    type: str
    text: Text | None = None


class ChatMessage(_Lenient):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[TextPart] | None = None

    @property
    def text(self) -> str:
        """What the message says.

        Raises:
            Problem: 400, it holds what is no text.
        """
        if isinstance(self.content, list):
            if other := [part.type for part in self.content if part.text is None]:
                raise Problem(400, "unsupported_content", f"only text is understood, no {other[0]}", param="messages")
            return "\n".join(part.text or "" for part in self.content)
        return self.content or ""


class SegueOptions(BaseModel):
    """What Segue understands beyond OpenAI's fields (`extra_body` of its clients)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    thread: ThreadName | None = None
    """The conversation; then only the last message is read. By default it is recognised by the messages."""
    weights: Weights | None = None
    """How much each modality is to matter (0 to 10)."""
    personal: StrictBool = True
    """Whether what is computed of the listener's history (their soft token) may steer the search."""


class ChatRequest(_Lenient):
    """A request for a chat completion; fields of OpenAI's that are not listed have no effect."""

    model: str = Field(default=MODEL, max_length=200)
    messages: list[ChatMessage] = Field(min_length=1, max_length=MAX_MESSAGES)
    stream: bool = False
    n: int | None = None
    user: UserName | None = None
    """The listener whose taste steers the answer and learns from it; without, the conversation has a listener of its
    own, whom nobody else is."""
    safety_identifier: UserName | None = None
    """Stands for `user` where that is not given."""
    segue: SegueOptions = SegueOptions()

    def checked(self) -> "ChatRequest":
        """Return the request.

        Raises:
            Problem: it asks for what there is not.
        """
        if self.model != MODEL:
            raise Problem(404, "model_not_found", f"there is no model but {MODEL!r}", param="model")
        if self.n not in (None, 1):
            raise Problem(400, "unsupported_value", "there is one answer: n must be 1", param="n")
        if self.messages[-1].role != "user":
            raise Problem(400, "no_message", "the last message must be the user's", param="messages")
        return self


class CompletionMessage(BaseModel):
    """What the agent says."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The only answer."""

    index: Literal[0] = 0
    message: CompletionMessage
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Completion(BaseModel):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    segue: TurnAnswer
    """The turn: tracks with reasons, receipts, weights."""


class Model(BaseModel):
    """A model that can be asked for."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "segue"


class Models(BaseModel):
    """All models: one."""

    object: Literal["list"] = "list"
    data: list[Model] = [Model()]


def said(answer: TurnAnswer) -> str:
    """Return an answer as text: what the agent says, its tracks with reasons, and what was not done as asked."""
    parts = [answer.text]
    if answer.tracks:
        lines = []
        for track in answer.tracks:
            year = f" ({track.year})" if track.year is not None else ""
            lines.append(f"{track.number}. {track.title} – {track.artist}{year}: {track.reason}")
        parts.append("\n".join(lines))
    notes = [each.text for each in answer.receipts if each.kind != "applied" and each.text not in answer.text]
    if notes:
        parts.append(" ".join(notes))
    return "\n\n".join(parts)


def chunk(id: str, created: int, delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one piece of a streamed completion."""
    return {
        "id": id,
        "object": "chat.completion.chunk",
        "created": created,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        **more,
    }


def pieces(text: str) -> list[str]:
    """Split a text into the pieces in which it is streamed: lines, which joined are the text again."""
    return text.splitlines(keepends=True)
