"""What a request asks for, checked: plans, languages, numbers.

Responsible for turning JSON values of a client into values of the stack, and for mistakes that name the field and are
told in the language of the client where there is a text.
"""

from __future__ import annotations

from typing import Any

from synfin.errors import UsageError
from synfin.lab.faults import FaultError
from synfin.lab.plan import Plan, PlanError, decode, from_json
from synfin.lab.plan.model import octets
from synfin.timeline.messages import Catalog, catalog
from synfin.web.limits import RUN_OCTETS


class RequestError(UsageError):
    """A request cannot be answered; `status` is the code, `field` what is to blame."""

    def __init__(self, text: str, field: str = "", status: int = 400) -> None:
        super().__init__(text)
        self.field = field
        self.status = status


def plan_of(asked: dict[str, Any], texts: Catalog, field: str = "plan") -> Plan:
    """The plan in a request: an object, or the text of one that is shared; raises `RequestError`."""
    value = asked.get(field)
    if not isinstance(value, (dict, str)):
        raise RequestError(f"{field} must be an object, or the text of a plan", field)
    try:
        plan = decode(value) if isinstance(value, str) else from_json(value)
    except PlanError as error:
        raise RequestError(_told(error, texts), f"{field}.{error.field}") from None
    except UsageError as error:
        raise RequestError(str(error), field) from None
    written = sum(octets(field, change.value) for change in plan.changes if change.action == "write")
    if written > RUN_OCTETS:
        raise RequestError(f"{written} octets are too many to write in one run; {RUN_OCTETS} are allowed", field)
    return plan


def _told(error: PlanError, texts: Catalog) -> str:
    """The mistake; for a fault that cannot be read, what should stand at the wrong place."""
    cause = error.__cause__
    if not isinstance(cause, FaultError):
        return str(error)
    what = texts.text(f"fault.{cause.expected}", **cause.params)
    return f"{cause.pointer()}\n{texts.text('fault.expected', what=what)}"


def texts_of(value: object, default: str) -> Catalog:
    """The messages of the language that is asked for; raises `RequestError`."""
    if value is None:
        value = default
    if not isinstance(value, str):
        raise RequestError("lang must be a text", "lang")
    try:
        return catalog(value)
    except UsageError as error:
        raise RequestError(str(error), "lang") from None


def number_of(asked: dict[str, Any], field: str, limit: int) -> int:
    """A number from 0 to `limit` - 1; raises `RequestError`."""
    value = asked.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < limit:
        raise RequestError(f"{field} must be a number from 0 to {limit - 1}", field)
    return value


def text_of(asked: dict[str, Any], field: str) -> str:
    """A text; raises `RequestError`."""
    value = asked.get(field)
    if not isinstance(value, str):
        raise RequestError(f"{field} must be a text", field)
    return value
