"""Marketplace: small traders, their products, promotion slots and leads. It stands alone."""
