"""Who reads text here: Arrow, or where pyarrow is not installed Python.

Arrow is imported by who asks first: that takes a while, and most commands need none of it.
"""

from functools import cache

from w2v.errors import warn
from w2v.installed import is_installed
from w2v.text.word_arrays import WordArrays


@cache
def word_arrays() -> WordArrays:
    """Arrow's, or where pyarrow is not installed Python's."""
    if is_installed("pyarrow"):
        from w2v.text import arrow_words

        return arrow_words
    from w2v.text import plain_words

    warn(
        "pyarrow is not installed, so that Python reads text, several times slower, and tables are "
        "not read. Run pip install pyarrow, where there is one for this system."
    )

    return plain_words
