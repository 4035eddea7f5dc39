"""The service catalogue: what a government service online is made of, and the blocks themselves.

A service is one YAML file of the profile (`services/<code>.yaml`), composed from a closed list of
blocks. intake, routing and sla read the same file and each works its own blocks; what a block does
alone, without a database, is here, in one place.
"""
