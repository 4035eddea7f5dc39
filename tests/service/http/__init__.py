"""What all HTTP doors have in common: their documents, and whether they keep to them."""
