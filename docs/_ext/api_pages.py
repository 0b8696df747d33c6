"""Public Python names with their signatures and docstrings, read from the modules by autodoc."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from markdown import code, page


def package() -> str:
    """``import feebly``."""
    import feebly
    from feebly import statistics as statistics_module

    counting = [name for name in feebly.__all__ if hasattr(statistics_module, name)]
    names = [name for name in feebly.__all__ if name not in counting and name != "__version__"]
    return page(
        "Python: feebly",
        "Names are loaded on first use: `import feebly` costs next to nothing. Units are in the names.",
        f"From [feebly.statistics](api-statistics.md): {', '.join(map(code, counting))}.",
        *_entries("feebly", feebly, names),
    )


def statistics() -> str:
    """``feebly.statistics``."""
    from feebly import statistics as module

    return page(
        "Python: feebly.statistics",
        "Exact counting statistics. It knows no physics and can be used alone, see "
        "[](../../how-to/statistics-alone.md).",
        *_entries("feebly.statistics", module, module.__all__),
    )


def interfaces() -> str:
    """``feebly.core.interfaces``."""
    from feebly.core import interfaces as module

    names = [
        name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
    ]
    return page(
        "Python: feebly.core.interfaces",
        "What a model, a production channel or a source of yields has to offer.",
        *_entries("feebly.core.interfaces", module, names),
    )


def _entries(path: str, module: Any, names: Iterable[str]) -> Iterable[str]:
    for name in sorted(names, key=str.lower):
        value = getattr(module, name)
        kind = "class" if inspect.isclass(value) else "function" if inspect.isfunction(value) else "data"
        yield f"## {name}\n\n```{{eval-rst}}\n.. auto{kind}:: {path}.{name}\n```"
