"""The ways out by slug: every file of this folder that defines CHANNEL. A new one is that file, nothing else."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import shared.channels
from shared.channels.channel import Channel


def _found() -> dict[str, Channel[Any, Any]]:
    modules = (
        import_module(f"shared.channels.{one.name}")
        for one in iter_modules(shared.channels.__path__)
        if one.name != "registry"
    )
    channels = [module.CHANNEL for module in modules if isinstance(getattr(module, "CHANNEL", None), Channel)]
    return {channel.slug: channel for channel in channels}


CHANNELS: dict[str, Channel[Any, Any]] = _found()
