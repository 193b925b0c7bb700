"""The agent for LangGraph's server and Studio: `langgraph.json` names `graph`.

The server keeps the threads itself and runs one turn of a thread after another; taste stands in the data folder.
"""

from segue.agent.graph import Agent, build
from segue.agent.parts import assemble
from segue.agent.settings import Settings


def graph() -> Agent:
    """Return the graph over the catalog that the settings name, or the one that comes with Segue."""
    settings = Settings.load()
    chosen = settings.catalog if "catalog" in settings.model_fields_set else None
    return build(assemble(catalog=chosen, **settings.kept(None))).compile(name="segue")
