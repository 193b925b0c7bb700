"""What the agent can call: the catalog, search, match. Knows nothing of the graph or of HTTP."""
