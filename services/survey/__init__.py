"""Survey: surveys, answers, the satisfaction index (IKM) and innovations. It stands alone."""
