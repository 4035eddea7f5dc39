"""Tests of the code itself: its layers, its sizes, and the documents that are made from it."""
