"""The peer node: the pure parts (logs, sync, exchange, reputation) know no network; `node` runs them on libp2p."""
