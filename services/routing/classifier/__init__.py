"""The trained model: what it sees in a text, how it learns, how good it is, how it is kept.

Nothing here is imported before a model is there: numpy is large, and scikit-learn is for training.
"""
