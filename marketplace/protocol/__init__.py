"""The registry protocol, version 1 (docs/protocol.md): paths, documents, bundles, problems. Pure: no network here."""
