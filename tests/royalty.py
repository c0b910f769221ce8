"""A few words whose vectors answer analogies, for more than one test."""

# axes: royal, male, female, animal; "queen" is king - man + woman exactly
WORDS = ["man", "woman", "king", "queen", "fox", "vixen"]
TABLE: list[list[float]] = [
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [1, 1, 0, 0],
    [1, 0, 1, 0],
    [0, 1, 0, 1],
    [0, 0, 1, 1],
]
