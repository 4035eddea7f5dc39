"""Files from strangers: told by content, made clean in a process of their own, and kept."""
