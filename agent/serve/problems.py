"""What goes wrong, as JSON: one shape for all errors, the one that OpenAI's clients read.

    {"error": {"message": "no track 'x'", "type": "invalid_request_error", "code": "track_not_found", "param": null}}

A message says what to change. What is not the caller's fault is logged under a number that the message names; no stack
trace and no path ever leaves the server.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, Literal
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.generator.errors import TrackNotFound, UserError
from segue.memory.errors import TasteStoreBusy

ProblemType = Literal[
    "invalid_request_error", "authentication_error", "rate_limit_error", "unavailable_error", "server_error"
]
_log = logging.getLogger(__name__)


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    """For people."""
    type: ProblemType
    code: str
    """For programs: stays the same when the message is reworded."""
    param: str | None = None
    """The field of the request that is at fault."""


class ErrorBody(BaseModel):
    """The body of every answer with a status of 400 or above."""

    error: ErrorDetail


class Problem(Exception):
    """Raised where a request cannot be answered; becomes an `ErrorBody`."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = ErrorBody(error=ErrorDetail(message=message, type=_type(status), code=code, param=param))
        self.headers = {} if retry_after is None else {"Retry-After": str(max(1, round(retry_after)))}

    def response(self) -> JSONResponse:
        """Return the answer that tells of it."""
        return JSONResponse(self.body.model_dump(), self.status, self.headers)


def _type(status: int) -> ProblemType:
    kinds: dict[int, ProblemType] = {401: "authentication_error", 429: "rate_limit_error", 503: "unavailable_error"}
    return kinds.get(status, "invalid_request_error" if status < 500 else "server_error")


def problem_of(error: Exception) -> Problem:
    """Return what a caller is told of an error; those that are nobody's plan are logged and numbered."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, TrackNotFound):
        return Problem(404, "track_not_found", str(error))
    if isinstance(error, TasteStoreBusy):
        return Problem(503, "taste_store_busy", "the store of taste is busy; try again", retry_after=1)
    if isinstance(error, UserError):
        return Problem(400, "bad_request", str(error))
    number = uuid4().hex[:12]
    _log.error("problem %s", number, exc_info=error)
    return Problem(500, "internal_error", f"something failed on our side; the log has it as {number}")


def install(app: FastAPI) -> None:
    """Make every error of `app` answer as a `Problem`."""

    async def told(request: Request, error: Exception) -> JSONResponse:
        return problem_of(error).response()

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
        reason = first["msg"].removeprefix("Value error, ")
        said = f"{where}: {reason}" if where else reason
        return Problem(422, "invalid_request", said, param=where or None).response()

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = HTTPStatus(error.status_code).name.lower()
        response = Problem(error.status_code, code, f"{request.method} {request.url.path}: {error.detail}").response()
        response.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(sorted(_methods(app, request.url.path)))
        return response

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)
    for kind in (Problem, UserError, TasteStoreBusy):
        app.add_exception_handler(kind, told)


def _methods(app: FastAPI, path: str) -> set[str]:
    """Return the methods of an address; the router names those of its first route only."""
    routes = [route for route in app.routes if isinstance(route, Route) and route.path_regex.match(path)]
    return {method for route in routes for method in route.methods or ()}


class Told:
    """Answers with a `Problem` where something else is raised that nobody has planned."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise  # it is too late to say anything: the server closes the connection
            await problem_of(error).response()(scope, receive, send)


_SAID: Final[Mapping[int, str]] = {
    400: "It cannot be done as asked",
    401: "No API key, or an unknown one",
    404: "There is no such thing",
    413: "The body is too large",
    422: "The request does not have the form that it must have",
    429: "Too many requests; Retry-After says when to come again",
    500: "Something failed here",
    503: "Not ready, busy or shutting down; Retry-After says when to come again",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of the errors of an address."""
    return {status: {"model": ErrorBody, "description": _SAID[status]} for status in statuses}


USUAL: Final = documented(400, 401, 413, 422, 429, 500, 503)
"""The errors of every address below /v1."""
