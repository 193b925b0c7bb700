"""What listeners and developers talk to: the command line and, on it, the conversation. Knows nothing of evaluation."""
