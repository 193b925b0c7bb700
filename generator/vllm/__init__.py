"""The sequence generator behind vLLM's OpenAI-compatible server.

Two sides that meet at HTTP. The client (`generator`, `client`, `answer`, `breaker`, `loop`) runs where the agent runs;
the position mask (`logits_processor`, `position_mask`) runs inside the server, whose environment has numpy and torch
and lacks much of what Segue requires. `checkpoint` is read on both sides. Knows no users and no dialogue policy.
"""
