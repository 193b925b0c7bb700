"""What to install for a command whose libraries are optional."""

from importlib.util import find_spec

from segue.generator.errors import UserError


class ExtraMissing(UserError):
    """Raised when a command needs libraries that are not installed; the message says how to get them."""


def needed(extra: str, *modules: str) -> None:
    """Make sure that the libraries of an extra are there.

    Raises:
        ExtraMissing: one is not.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ExtraMissing(f"{', '.join(missing)} is not installed; try: pip install 'segue[{extra}]'")
