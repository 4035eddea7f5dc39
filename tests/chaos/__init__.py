"""Proof of reliability: faults made on purpose, and a checker that asks for one effect."""
