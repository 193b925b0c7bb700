"""The page for listeners: files that stand beside the server, and nothing from elsewhere."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

FOLDER: Final = Path(__file__).parents[1] / "page"
_FRESH: Final = {"Cache-Control": "no-cache"}


def add_page(app: FastAPI) -> None:
    """Serve the page at /, and its parts below /page."""

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(FOLDER / "index.html", headers=_FRESH)

    app.mount("/page", _Parts(directory=FOLDER), name="page")


class _Parts(StaticFiles):
    """Files that browsers ask about again before they use them: an updated server is never met by an old page."""

    def file_response(self, *given: object, **named: object) -> object:  # type: ignore[override]
        """Return a file."""
        response = super().file_response(*given, **named)  # type: ignore[arg-type]
        response.headers.update(_FRESH)
        return response
