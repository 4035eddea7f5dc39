"""One function per verb of survey; none of them commits."""
