"""Content-addressed blob stores: on the filesystem and in memory, behind one contract."""
