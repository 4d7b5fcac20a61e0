"""The code between %{ and }%: assertions over the fields of tcp_info, evaluated without running any Python.

Understood are `assert`, assignments to names, comparisons, arithmetic, `and`/`or`/`not`, `x if c else y`, numbers,
strings, tuples, lists, and the functions abs, min, max, round and int.  Anything else is an `UnsupportedError`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from synfin.drill.errors import UnsupportedError

MAX_NODES: Final = 2_000
MAX_POWER: Final = 64  # exponents and shift counts
MAX_BITS: Final = 4_096  # of any number on the way

_BINARY: Final[dict[type[ast.AST], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor, ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.Pow: operator.pow,
}  # fmt: skip
_COMPARE: Final[dict[type[ast.AST], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
_UNARY: Final[dict[type[ast.AST], Callable[[Any], Any]]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert, ast.Not: operator.not_,
}  # fmt: skip
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {"abs": abs, "min": min, "max": max, "round": round, "int": int}


class AssertionFailedError(Exception):
    """An `assert` did not hold; the text shows it with the values of its names."""


def run_code(text: str, names: Mapping[str, Any]) -> None:
    """Carry out the statements; raises `AssertionFailedError` and `UnsupportedError`."""
    try:
        tree = ast.parse(_dedented(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnsupportedError(f"this code cannot be read: {error}") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise UnsupportedError(f"code of more than {MAX_NODES} parts")
    values = dict(names)
    for statement in tree.body:
        _statement(statement, values)


def _dedented(text: str) -> str:
    """The first line has lost its indentation with the `%{` before it."""
    lines = text.split("\n")
    rest = [line for line in lines[1:] if line.strip()]
    lead = min((len(line) - len(line.lstrip()) for line in rest), default=0)
    return "\n".join([lines[0].strip(), *(line[lead:] for line in lines[1:])])


def _statement(statement: ast.stmt, values: dict[str, Any]) -> None:
    if isinstance(statement, ast.Assert):
        if not _value(statement.test, values):
            raise AssertionFailedError(_explained(statement, values))
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if not isinstance(target, ast.Name):
            raise UnsupportedError("an assignment to something that is not a name")
        values[target.id] = _value(statement.value, values)
    elif isinstance(statement, ast.Expr):
        _value(statement.value, values)
    elif not isinstance(statement, ast.Pass):
        raise UnsupportedError(f"the statement {ast.unparse(statement).splitlines()[0]!r}; assert and = are understood")


def _explained(statement: ast.Assert, values: Mapping[str, Any]) -> str:
    names = sorted({node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id in values})
    shown = ", ".join(f"{name} = {values[name]!r}" for name in names)
    return f"{ast.unparse(statement.test)} does not hold" + (f" ({shown})" if shown else "")


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    try:
        return _evaluate(node, values)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise UnsupportedError(f"{ast.unparse(node)}: {error}") from None


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in values:
            raise UnsupportedError(f"the name {node.id!r} is not known here")
        return values[node.id]
    if isinstance(node, ast.BoolOp):
        return _either(node, values)
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](_evaluate(node.operand, values))
    if isinstance(node, ast.BinOp):
        return _binary(node, values)
    if isinstance(node, ast.Compare):
        return _compare(node, values)
    if isinstance(node, ast.IfExp):
        return _evaluate(node.body if _evaluate(node.test, values) else node.orelse, values)
    if isinstance(node, ast.Tuple | ast.List):
        return tuple([_evaluate(item, values) for item in node.elts])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = _FUNCTIONS.get(node.func.id)
        if function is not None:
            return function(*[_evaluate(argument, values) for argument in node.args])
    raise UnsupportedError(f"the expression {ast.unparse(node)!r}")


def _either(node: ast.BoolOp, values: Mapping[str, Any]) -> Any:
    found: Any = None
    for part in node.values:
        found = _evaluate(part, values)
        if bool(found) == isinstance(node.op, ast.Or):
            break
    return found


def _binary(node: ast.BinOp, values: Mapping[str, Any]) -> Any:
    left, right = _evaluate(node.left, values), _evaluate(node.right, values)
    function = _BINARY.get(type(node.op))
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if function is None or not numbers:
        raise UnsupportedError(f"the expression {ast.unparse(node)!r}")
    if isinstance(node.op, ast.Pow | ast.LShift) and abs(right) > MAX_POWER:
        raise UnsupportedError(f"a power or shift of more than {MAX_POWER}")
    found = function(left, right)
    if isinstance(found, int) and found.bit_length() > MAX_BITS:
        raise UnsupportedError(f"a number of more than {MAX_BITS} bits")
    return found


def _compare(node: ast.Compare, values: Mapping[str, Any]) -> bool:
    left = _evaluate(node.left, values)
    for operation, other in zip(node.ops, node.comparators, strict=True):
        right = _evaluate(other, values)
        if isinstance(operation, ast.In | ast.NotIn):
            holds = (left in right) == isinstance(operation, ast.In)
        elif type(operation) in _COMPARE:
            holds = _COMPARE[type(operation)](left, right)
        else:
            raise UnsupportedError(f"the comparison {ast.unparse(node)!r}")
        if not holds:
            return False
        left = right
    return True
