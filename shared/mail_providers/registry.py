"""The mail providers by slug: every file of this folder that defines PROVIDER. A new one is that file, nothing else."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import shared.mail_providers
from shared.mail_providers.provider import Provider

# Names that OnCall's setting knows besides.
ALIASES = {"amazon_ses_validated": "amazon_ses"}


def _found() -> dict[str, Provider]:
    names = (one.name for one in iter_modules(shared.mail_providers.__path__) if one.name != "registry")
    modules = (import_module(f"shared.mail_providers.{name}") for name in names)
    found = [module.PROVIDER for module in modules if isinstance(getattr(module, "PROVIDER", None), Provider)]
    return {one.slug: one for one in found}


PROVIDERS: dict[str, Provider] = _found()


def slugs_of(setting: str) -> tuple[str, ...]:
    """Return the slugs of a comma-separated setting, in its order, each once.

    Raises:
        ValueError: a name is unknown.
    """
    names = [one.strip().lower() for one in setting.split(",") if one.strip()]
    slugs = [ALIASES.get(one, one) for one in names]
    unknown = sorted(set(slugs) - set(PROVIDERS))
    if unknown:
        raise ValueError(
            f"unknown mail provider {', '.join(unknown)}; known are {', '.join(sorted(PROVIDERS))}"
        )
    return tuple(dict.fromkeys(slugs))
