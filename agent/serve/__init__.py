"""The agent over HTTP: a typed interface, an OpenAI-compatible one, and a page for listeners."""
