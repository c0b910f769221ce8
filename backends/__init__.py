"""The array shim: one small `Backend` value per array library."""

if __name__ != "w2v.backends":
    raise ImportError(
        f"this package is imported as 'w2v.backends', not as {__name__!r}: "
        "write `from w2v import backends`"
    )
