"""Values on their way: Python values to wire values (shrink) and back (expand), checked against ports.

Pure: nothing here does I/O, starts a task or reads a clock. What must run concurrently is returned as jobs.
"""

from rekuest.structures.check import Checker, compile_checker
from rekuest.structures.expand import Expander, compile_expander
from rekuest.structures.jobs import Begun, Job
from rekuest.structures.passing import (
    bind_arguments,
    call_arguments,
    join_returns,
    split_returns,
)
from rekuest.structures.registry import Registry, Structure, default_registry, structure
from rekuest.structures.shrink import Shrinker, compile_shrinker

__all__ = [
    "Begun",
    "Checker",
    "Expander",
    "Job",
    "Registry",
    "Shrinker",
    "Structure",
    "bind_arguments",
    "call_arguments",
    "compile_checker",
    "compile_expander",
    "compile_shrinker",
    "default_registry",
    "join_returns",
    "split_returns",
    "structure",
]
