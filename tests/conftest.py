"""Each test worker keeps compiled code in a folder of its own.

Two processes that fill one cache of numba at the same time can load each other's half-written code, and crash. Set
before anything imports numba.
"""

import os
from pathlib import Path

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
os.environ["NUMBA_CACHE_DIR"] = str(Path(__file__).parents[1] / ".pytest_cache" / f"numba-{_WORKER}")
