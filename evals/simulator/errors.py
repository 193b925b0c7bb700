"""What can be wrong with a simulation."""

from segue.generator.errors import SegueError


class LeakFound(SegueError):
    """Raised where a simulated listener names the hidden track: the session would measure nothing."""
