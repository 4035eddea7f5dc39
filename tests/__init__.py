"""Tests of Tanggap; what runs when is in the README."""
