"""Conditions that a Pemda writes in its profile, over a closed set of typed fields.

The syntax is a small part of `rule-engine`'s, chosen so that no expression can cost time or memory.
"""
