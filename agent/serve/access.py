"""Who is asking: the tenant of an API key, and the agent that answers. Dependencies of the addresses."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from segue.agent.music_agent import MusicAgent
from segue.agent.serve.keys import Tenant
from segue.agent.serve.limits import RateLimit
from segue.agent.serve.options import ServeOptions
from segue.agent.serve.problems import Problem
from segue.agent.serve.scope import LOCAL, Scope
from segue.agent.serve.service import Service

_bearer = HTTPBearer(auto_error=False, description="An API key; needed where the server has keys.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key, for clients without bearers.")


@dataclass(frozen=True)
class Caller:
    """A product that may ask."""

    tenant: Tenant

    def scope(self, user: str) -> Scope:
        """Return the scope of one of its listeners."""
        return Scope(self.tenant.name, user)


def service_of(request: Request) -> Service:
    """Return the service of the server that a request came to."""
    service: Service = request.app.state.service
    return service


def caller_of(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> Caller:
    """Return who is asking.

    Raises:
        Problem: 401 without a known key, 429 where they ask too often.
    """
    options: ServeOptions = request.app.state.options
    rates: RateLimit = request.app.state.rates
    tenant = tenant_of(options, bearer.credentials if bearer else header)
    rates.take(tenant.name, tenant.rate)
    return Caller(tenant)


def tenant_of(options: ServeOptions, key: str | None) -> Tenant:
    """Return the tenant of a key.

    Raises:
        Problem: 401, there is none.
    """
    if options.keys is None:
        return Tenant(LOCAL)
    tenant = options.keys.tenant(key) if key else None
    if tenant is None:
        said = "this API key is not known" if key else "an API key is needed: Authorization: Bearer KEY"
        raise Problem(401, "invalid_api_key", said)
    return tenant


def agent_of(service: Annotated[Service, Depends(service_of)]) -> MusicAgent:
    """Return the agent (`Problem` 503 where it is not loaded)."""
    return service.agent


Called = Annotated[Caller, Depends(caller_of)]
Agent = Annotated[MusicAgent, Depends(agent_of)]
Served = Annotated[Service, Depends(service_of)]
