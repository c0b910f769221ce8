"""Options by name, as scikit-learn asks an estimator for them."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from w2v.config import Config
from w2v.errors import ConfigError
from w2v.renamed import option_elsewhere

_Self = TypeVar("_Self", bound="Estimator")


class Estimator:
    """Has the options of `Config`, as they were given and checked.

    Raises
    ------
    ConfigError
        An option is out of range or contradicts another.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self.config = Config(**options)

    def __repr__(self) -> str:
        parameters = inspect.signature(type(self).__init__).parameters
        given = {k: v for k, v in self._options.items() if v != parameters[k].default}
        shown = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return f"{type(self).__name__}({shown})"

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn 1.6 and later wants to know: sentences in, no target needed."""
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(two_d_array=False, string=True),
        )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The options as they were given, by name; `deep` has no meaning here."""
        return dict(self._options)

    def set_params(self: _Self, **options: Any) -> _Self:
        """Change options; what was trained stays. Returns this object.

        Raises
        ------
        ConfigError
            There is no such option, or it is out of range; then none is changed.
        """
        for name in options:
            if name not in self._options:
                advice = option_elsewhere(name)
                known = f"expected some of {', '.join(self._options)}."
                raise ConfigError(f"There is no option {name!r}: {advice or known}")
        changed = self._options | options
        self.config, self._options = Config(**changed), changed
        return self
