"""The service catalogue: what its blocks do alone, without a database."""
