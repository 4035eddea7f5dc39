"""One function per verb; none of them commits."""
