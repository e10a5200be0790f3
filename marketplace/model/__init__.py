"""Frozen values of the marketplace: ids, versions, manifests, trees and releases. Nothing here does I/O."""
