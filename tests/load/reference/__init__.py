"""What the speed of the product is measured against: the least that does the same visible thing."""
