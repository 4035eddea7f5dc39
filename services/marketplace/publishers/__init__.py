"""Publishes promotion slots on the leader's social accounts, one adapter per platform."""
