"""Which of the keys that were counted make the vocabulary, by gensim's rules."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import NamedTuple

RULE_DEFAULT, RULE_DISCARD, RULE_KEEP = 0, 1, 2
"""What a `trim_rule` answers: by `min_count`, never, always."""

TrimRule = Callable[[Hashable, int, int], int]
"""Called with a key, its count and `min_count`."""


class Chosen(NamedTuple):
    """What is kept of all that was counted, and how much is not."""

    counts: dict[Hashable, int]
    """In the order in which they were counted."""
    unique: int
    """Of all."""
    total: int


def keep_vocab_item(
    word: Hashable, count: int, min_count: int, trim_rule: TrimRule | None = None
) -> bool:
    """Whether a key stays: as `trim_rule` says, and by default if it was counted so often.

    Raises
    ------
    ValueError
        The rule answers something else than the three `RULE_` constants.
    """
    answer = RULE_DEFAULT if trim_rule is None else trim_rule(word, count, min_count)
    if answer not in (None, RULE_DEFAULT, RULE_DISCARD, RULE_KEEP):
        raise ValueError(
            f"`trim_rule` must answer RULE_DEFAULT (0), RULE_DISCARD (1) or RULE_KEEP (2), got "
            f"{answer!r} for {word!r:.60}."
        )
    return answer == RULE_KEEP or (answer != RULE_DISCARD and count >= min_count)


def chosen(
    counts: Mapping[Hashable, int],
    min_count: int,
    max_final_vocab: int | None,
    trim_rule: TrimRule | None,
) -> tuple[Chosen, int]:
    """What stays, and the `min_count` by which: higher where `max_final_vocab` asks for that."""
    if max_final_vocab is not None and max_final_vocab < len(counts):
        first_out = sorted(counts.values(), reverse=True)[max_final_vocab]
        min_count = max(min_count, first_out + 1)
    if trim_rule is None:
        kept = {key: count for key, count in counts.items() if count >= min_count}
    else:
        kept = {
            key: count
            for key, count in counts.items()
            if keep_vocab_item(key, count, min_count, trim_rule)
        }
    return Chosen(kept, len(counts), sum(counts.values())), min_count


def counted_within(
    sentences: Iterable[Iterable[Hashable]],
    most: int,
    trim_rule: TrimRule | None,
) -> tuple[dict[Hashable, int], int, int]:
    """Counts of keys, tokens, and how many sentences; rare keys go on the way.

    Whenever there are more than `most` keys after a sentence, those that were counted fewer times
    than a bound go, which is 1 the first time and rises by 1 with each. What comes again is counted
    anew, so these counts are no longer exact.
    """
    counts: dict[Hashable, int] = {}
    least, tokens, number = 1, 0, 0
    for sentence in sentences:
        number += 1
        for token in sentence:
            counts[token] = counts.get(token, 0) + 1
            tokens += 1
        if len(counts) > most:
            counts = {
                key: count
                for key, count in counts.items()
                if keep_vocab_item(key, count, least, trim_rule)
            }
            least += 1
    return counts, tokens, number
