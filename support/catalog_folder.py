"""Where the real catalog is, if it is there."""

import os
from pathlib import Path


def shared_catalog() -> Path | None:
    """Return the folder named by GGEN_SHARED_CATALOG, else `../shared/catalog` beside the project, else None."""
    named = os.environ.get("GGEN_SHARED_CATALOG")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "catalog"
    return folder if (folder / "ggen-index.json").is_file() else None
