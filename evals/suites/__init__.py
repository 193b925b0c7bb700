"""Dialogue suites: conversations written in YAML, with what must hold after each turn, run like tests."""
