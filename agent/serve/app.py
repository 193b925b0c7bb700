"""The server, put together: what a request passes through, from the outside to the agent.

    app = create_app(lambda: MusicAgent(catalog="my-music"), ServeOptions(keys=KeyRing.read(file)))

An ASGI application: `segue serve` runs it under uvicorn, and so may you.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from segue.agent.music_agent import MusicAgent
from segue.agent.serve import problems
from segue.agent.serve.conversations import Conversations
from segue.agent.serve.headers import SecurityHeaders
from segue.agent.serve.hosts import KnownHosts
from segue.agent.serve.limits import BodyLimit, NoRoom, RateLimit
from segue.agent.serve.metrics import Measured
from segue.agent.serve.options import ServeOptions
from segue.agent.serve.routes import completions, operations, taste, tracks, turns
from segue.agent.serve.routes.page import add_page
from segue.agent.serve.service import Service

TURNS: Final = frozenset({"/v1/turn", "/v1/chat/completions"})
"""Where turns are sent to."""


def create_app(
    load: Callable[[], MusicAgent],
    options: ServeOptions | None = None,
    *,
    failed: Callable[[Exception], None] | None = None,
) -> FastAPI:
    """Return the server.

    Args:
        load: makes the agent; called once, in a thread of its own, after the server has begun to answer. The server
            closes the agent when it stops.
        options: what is let in; by default everything that comes from this machine.
        failed: called where `load` raises; the server stays up and says so.
    """
    options = options or ServeOptions()
    service = Service(load, turns=options.turns, wait=options.wait, failed=failed)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        await service.aclose()

    app = FastAPI(
        title="Segue",
        summary="A conversational music recommender that answers with real tracks from a catalog.",
        version=version("segue"),
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere; /openapi.json is what they would show
        redoc_url=None,
        generate_unique_id_function=_name,
        middleware=_passed_through(service, options),
    )
    app.state.service = service
    app.state.options = options
    app.state.rates = RateLimit(options.rate)
    app.state.conversations = Conversations()
    problems.install(app)
    for part in (turns, completions, taste, tracks, operations):
        app.include_router(part.router)
    if options.page:
        add_page(app)
    if options.keys is None:
        app.openapi = partial(_described_without_keys, app)  # type: ignore[method-assign]
    return app


def _described_without_keys(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description of a server that asks for no key."""
    if app.openapi_schema is None:
        described = FastAPI.openapi(app)
        del described["components"]["securitySchemes"]
        for path in described["paths"].values():
            for operation in path.values():
                operation.pop("security", None)
                operation["responses"].pop("401", None)
    return FastAPI.openapi(app)


def _name(route: APIRoute) -> str:
    """Return the name of an operation in OpenAPI, which generated clients call their methods by."""
    return f"{route.tags[0]}-{route.name}".replace(" ", "-").lower() if route.tags else route.name


def _passed_through(service: Service, options: ServeOptions) -> list[Middleware]:
    """Return what every request passes through, the outermost first."""
    passed = [Middleware(Measured, metrics=service.metrics), Middleware(SecurityHeaders)]
    if options.hosts:
        passed.append(Middleware(KnownHosts, hosts=options.hosts))
    if options.origins:
        passed.append(
            Middleware(
                CORSMiddleware,
                allow_origins=list(options.origins),
                allow_methods=["GET", "POST", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "X-API-Key"],
            )
        )
    return [
        *passed,
        Middleware(problems.Told),
        Middleware(NoRoom, check=service.check_room, paths=TURNS),
        Middleware(BodyLimit, limit=options.body),
    ]
