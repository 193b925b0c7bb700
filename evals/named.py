"""What an option names by "MODULE:FUNCTION": agents and chat models that others bring along."""

import importlib
import sys
from pathlib import Path
from typing import Any


def named(name: str) -> Any:
    """Return what "MODULE:FUNCTION" names; modules in the working folder count, as for `python -m`.

    Raises:
        ImportError: there is no such module, or nothing of that name in it.
    """
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute) or module.startswith("."):
        raise ImportError("write MODULE:FUNCTION")
    # The folder of an installed command comes first on the path, and the one that it is run in not at all.
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    imported = importlib.import_module(module)
    if not hasattr(imported, attribute):
        raise ImportError(f"{module} has no function {attribute!r}")
    return getattr(imported, attribute)
