"""Licences as SPDX writes them; tags and keywords in lower case, with hyphens, each once, sorted."""

from collections.abc import Mapping
from typing import Any

from marketplace.plugins.hooks import hookimpl

_LICENSES = {
    "mit": "MIT",
    "mit license": "MIT",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "gplv3": "GPL-3.0-only",
}


@hookimpl
def transform_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: sorted({"-".join(word.lower().split()) for word in manifest[name]}) for name in ("tags", "keywords")}
    license_ = manifest["license"].strip()
    return {**words, "license": _LICENSES.get(license_.lower(), license_)}
