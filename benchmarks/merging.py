"""Do shards that are merged learn as well as one text?

    python -m benchmarks.merging CORPUS --eval-dir DIR [--shards 1 2 4 8 16 32] [--seeds 1 2 3]

Each case is trained in rounds of so many shards, as on a cluster, two shards at a time here: the
result does not depend on that. `--rules` names others than the one that is in use:

steep       that of `w2v.training.merging`, and in use
unbalanced  the same without the stretching of both tables
mean        over the shards that have met a row
sum         of all changes
capped      the sum, where the terms of a round on a row are below the row cap, down to the mean
counted     the mean, each shard weighing as much as it has kept tokens
adasum      row by row: what is orthogonal is added, what is parallel averaged (Maleki et al. 2020,
            arXiv 2006.02124, eq. 3, taken in the order of the shards)
momentum    that in use, with an outer momentum of 0.5 (Nesterov) on the rows that have moved

A model of one shard stands for one machine. Scores stand beside those of the first number of
shards, further below than the limits allow in bold. Writes NAME.json into benchmarks/results.
"""
