"""Fills in the texts of a profile, in a sandbox, and says what is wrong with one."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template


class WordingInvalid(ValueError):
    """A text of the profile is no template, or names what there is not; says what."""


def fill(source: str, values: Mapping[str, str], known: Collection[str]) -> str:
    """Fill a text in; what is `known` and `values` lack stays empty."""
    filled: str = _compiled(source).render({**dict.fromkeys(known, ""), **values})
    return filled.strip()


def names_in(source: str, known: Collection[str]) -> frozenset[str]:
    """Return the variables that a text names; raises WordingInvalid."""
    from jinja2 import TemplateError, meta  # noqa: PLC0415 - takes time to load

    try:
        found = frozenset(meta.find_undeclared_variables(_environment().parse(source)))
    except TemplateError as error:
        raise WordingInvalid(str(error)) from None
    unknown = sorted(found - frozenset(known))
    if unknown:
        raise WordingInvalid(f"there is no '{unknown[0]}'; there is {', '.join(sorted(known))}")
    try:
        fill(source, {}, known)
    except Exception as error:  # noqa: BLE001 - whatever a text does, nobody must wait for it
        raise WordingInvalid(str(error)) from None
    return found


@lru_cache(maxsize=1)
def _environment() -> Any:
    # Loaded with the first text: a service that sends nothing needs none of it.
    from jinja2 import StrictUndefined  # noqa: PLC0415 - see above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - see above

    # The texts are read in chats, letters and SMS, never as HTML.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@lru_cache(maxsize=512)
def _compiled(source: str) -> "Template":
    template: Template = _environment().from_string(source)
    return template
