"""Arithmetic of a JAX function, counted from its graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
from jax.extend import core
from jax.interpreters import partial_eval


def product_flops(function: Callable[..., Any], *arguments: Any) -> float:
    """Operations in the matrix products that the function's results depend on.

    The compiler's own estimate is no help: it counts a loop's body once.
    """
    jaxpr = jax.make_jaxpr(function)(*arguments).jaxpr
    needed, _ = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
    return _count(needed)


def _count(jaxpr: Any) -> float:
    total = 0.0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            total += _dot(equation)
        repeats = equation.params["length"] if equation.primitive.name == "scan" else 1
        for inner in _inner(equation):
            total += repeats * _count(inner)
    return total


def _dot(equation: Any) -> float:
    left = equation.invars[0].aval.shape
    (contracted, _), _ = equation.params["dimension_numbers"]
    return 2.0 * math.prod(equation.outvars[0].aval.shape) * math.prod(left[i] for i in contracted)


def _inner(equation: Any) -> list[Any]:
    """Graphs within an equation: bodies of loops and of jitted functions."""
    found = []
    for value in equation.params.values():
        for item in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(item, core.ClosedJaxpr):
                found.append(item.jaxpr)
            elif isinstance(item, core.Jaxpr):
                found.append(item)
    return found
