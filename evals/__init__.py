"""Benchmarks, metrics and suites: every claim that Segue makes is one command here."""
