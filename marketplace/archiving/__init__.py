"""The parts of `marketplace.archive`: the zstd frame, the tar headers, and the folder that is unpacked into."""
