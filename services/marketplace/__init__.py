"""Marketplace: small traders, their products, promotion slots and leads.

Owns traders, products, photos and the public catalogue. It stands alone: publishes and consumes
nothing.
"""
