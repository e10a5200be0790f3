"""Images, built without the network, once per content."""
