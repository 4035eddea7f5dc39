"""Compiles a condition such as `channel == "sms" and hour < 6`, and says where it is wrong.

What could run long or out of the given fields (arithmetic, functions, loops, regular expressions)
is refused before `rule-engine` sees it, because that computes constants while it parses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rule_engine import Context, Rule

MOST_CHARACTERS = 2_000
MOST_TOKENS = 200
MOST_DEPTH = 20
MOST_REMEMBERED = 1_000

_LOGIC = {"AND", "OR", "NOT", "COALESCE"}
_COMPARISONS = {"EQ", "NE", "LT", "LE", "GT", "GE", "IN"}
_VALUES = {"SYMBOL", "STRING", "FLOAT", "TRUE", "FALSE", "NULL"}
_BRACKETS = {"LPAREN", "RPAREN", "LBRACKET", "RBRACKET", "COMMA"}
_ALLOWED = frozenset(_LOGIC | _COMPARISONS | _VALUES | _BRACKETS)
_DEEPER = frozenset({"LPAREN", "LBRACKET"})
_SHALLOWER = frozenset({"RPAREN", "RBRACKET"})
_MATCHES = ("EQ_FZM", "EQ_FZS", "NE_FZM", "NE_FZS")


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes or no"
    TEXTS = "a set of texts"
    TEXT_BY_NAME = "texts by name"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a language; `values` are the only texts that it can be, `optional` allows null."""

    kind: Kind
    values: frozenset[str] | None = None
    optional: bool = False


class ExpressionInvalid(ValueError):
    """The expression cannot be used; line and column count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.message = message
        self.line = line
        self.column = column


class ExpressionFailed(Exception):
    """The expression is sound but could not be evaluated on these values."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled condition; `names` are the fields that it looks at.

    Where those have few values, the answers are remembered: an evaluation takes 50 µs.
    """

    source: str
    names: tuple[str, ...]
    _rule: "Rule"
    _remembered: dict[tuple[object, ...], bool] | None

    def matches(self, values: Mapping[str, object]) -> bool:
        """Tell whether the condition holds; `values` has one value for each field of the language.

        Raises:
            ExpressionFailed: for example, a name that `[...]` asks for is not there.
        """
        if self._remembered is None:
            return self._evaluate(values)
        key = tuple(values[name] for name in self.names)
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self._evaluate(values)
        return found

    def _evaluate(self, values: Mapping[str, object]) -> bool:
        from rule_engine import EngineError  # noqa: PLC0415 - see Language

        try:
            return bool(self._rule.evaluate(values))
        except EngineError as error:
            raise ExpressionFailed(f"{type(error).__name__}: {error.message}") from error


class Language:
    """The fields that expressions may name; made once, compiles many.

    `rule_engine` builds its parser for half a second when it is imported: only who compiles pays.
    """

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = dict(fields)

    def compile(self, source: str) -> Expression:
        """Return the expression made ready.

        Raises:
            ExpressionInvalid: with the place of what is wrong.
        """
        from rule_engine import EngineError, Rule  # noqa: PLC0415 - see the class

        tokens = _checked_tokens(source)
        self._check_names(source, tokens)
        try:
            rule = Rule(source, _context(tuple(sorted(self.fields.items(), key=str))))
        except EngineError as error:
            raise _invalid(source, error) from error
        except RecursionError as error:
            raise ExpressionInvalid("nested too deep") from error
        self._check_types(source, tokens, rule)
        names = {token.value: None for token in tokens if token.type == "SYMBOL"}
        few = all(_has_few_values(self.fields[name]) for name in names)
        return Expression(source, tuple(names), rule, {} if few else None)

    def _check_names(self, source: str, tokens: list[Any]) -> None:
        for token in tokens:
            if token.type == "SYMBOL" and token.value not in self.fields:
                names = ", ".join(sorted(self.fields))
                message = f"there is no field '{token.value}'; there are {names}"
                raise _at(source, token.lexpos, message)

    def _check_types(self, source: str, tokens: list[Any], rule: "Rule") -> None:
        from rule_engine import DataType  # noqa: PLC0415 - see the class

        if rule.statement.expression.result_type != DataType.BOOLEAN:
            raise ExpressionInvalid("this is not a condition; compare it with something")
        for node in _nodes(rule.statement.expression):
            self._check_node(source, tokens, node)

    def _check_node(self, source: str, tokens: list[Any], node: Any) -> None:
        """Refuse a comparison that can never hold: with another kind, or with an unknown value."""
        pairs = [
            (getattr(node, "left", None), getattr(node, "right", None)),
            (getattr(node, "member", None), getattr(node, "container", None)),
        ]
        for one, two in pairs:
            for side, other in ((one, two), (two, one)):
                field = self.fields.get(getattr(side, "name", ""))
                if field is not None and other is not None:
                    for value in _literals(other):
                        _check_value(source, tokens, str(getattr(side, "name", "")), field, value)


def _has_few_values(field: Field) -> bool:
    return field.values is not None or field.kind in (Kind.YES_NO, Kind.NUMBER)


def _check_value(source: str, tokens: list[Any], name: str, field: Field, value: object) -> None:
    expected = bool if field.kind == Kind.YES_NO else str
    if field.kind != Kind.NUMBER and not isinstance(value, expected):
        message = f"{name} holds {field.kind}; {value} is something else"
    elif field.kind == Kind.NUMBER and isinstance(value, (str, bool)):
        message = f"{name} holds a number; '{value}' is something else"
    elif field.values is not None and value not in field.values:
        message = f"{name} is never '{value}'; it is one of {', '.join(sorted(field.values))}"
    else:
        return
    found = (t.lexpos for t in tokens if t.type == "STRING" and t.value[1:-1] == value)
    named = (t.lexpos for t in tokens if t.type == "SYMBOL" and t.value == name)
    raise _at(source, next(found, next(named, 0)), message)


def _literals(node: Any) -> Iterator[object]:
    """Yield what is written out in a node: one value, or those of a list."""
    value = getattr(node, "value", None)
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from _literals(part)
    elif value is not None:
        yield value


def _nodes(root: Any) -> Iterator[Any]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        children = (
            getattr(node, name, None) for name in ("left", "right", "member", "container", "item")
        )
        waiting += [child for child in children if hasattr(child, "result_type")]


def _checked_tokens(source: str) -> list[Any]:
    """Return the tokens, none of which may do more than compare."""
    if len(source) > MOST_CHARACTERS:
        raise ExpressionInvalid(f"longer than {MOST_CHARACTERS} characters")
    tokens: list[Any] = []
    depth = 0
    for token in _tokens(source):
        tokens.append(token)
        depth += (token.type in _DEEPER) - (token.type in _SHALLOWER)
        if token.type in _MATCHES:
            message = "regular expressions are not allowed; use `in`, or words under all and any"
            raise _at(source, token.lexpos, message)
        if token.type not in _ALLOWED:
            raise _at(source, token.lexpos, f"'{token.value}' is not allowed here")
        if len(tokens) > MOST_TOKENS or depth > MOST_DEPTH:
            raise _at(source, token.lexpos, "too long or nested too deep; make it several rules")
        _check_pair(source, tokens[-2:])
    return tokens


def _check_pair(source: str, pair: list[Any]) -> None:
    kinds = [token.type for token in pair]
    if kinds == ["SYMBOL", "LPAREN"]:
        raise _at(source, pair[0].lexpos, f"there is no function '{pair[0].value}'")
    if kinds == ["NOT", "NOT"]:
        raise _at(source, pair[1].lexpos, "a second 'not' undoes the first")


def _tokens(source: str) -> Iterator[Any]:
    from rule_engine import EngineError, Rule  # noqa: PLC0415 - see Language

    # The parser has no public way to see the tokens before it computes with them.
    lexer = Rule.parser._lexer.clone()  # noqa: SLF001
    lexer.input(source)
    try:
        yield from iter(lexer.token, None)
    except EngineError as error:
        raise _invalid(source, error) from error


@lru_cache(maxsize=8)
def _context(fields: tuple[tuple[str, Field], ...]) -> "Context":
    from rule_engine import Context  # noqa: PLC0415 - see Language

    types = {name: _type_of(field) for name, field in fields}
    return Context(type_resolver=types, mapping_attribute_lookup=False, default_timezone="utc")


def _type_of(field: Field) -> Any:
    from rule_engine import DataType  # noqa: PLC0415 - see Language

    types = {
        Kind.TEXT: DataType.STRING,
        Kind.NUMBER: DataType.FLOAT,
        Kind.YES_NO: DataType.BOOLEAN,
        Kind.TEXTS: DataType.SET(DataType.STRING),
        Kind.TEXT_BY_NAME: DataType.MAPPING(DataType.STRING, DataType.STRING),
    }
    found = types[field.kind]
    return DataType.NULLABLE(found) if field.optional else found


def _invalid(source: str, error: Any) -> ExpressionInvalid:
    """Say what the parser says, at the place it means."""
    token = getattr(error, "token", None)
    if token is not None:
        word = str(token.value).split()[0] if str(token.value).split() else ""
        return _at(source, token.lexpos, f"'{word[:40]}' cannot stand here")
    if error.message.endswith("at: EOF") and "(" not in error.message:
        what = "it ends too early" if source.strip() else "there is nothing here"
        return _at(source, len(source.rstrip()), what)
    return ExpressionInvalid(str(error.message))


def _at(source: str, offset: int, message: str) -> ExpressionInvalid:
    before = source[:offset]
    return ExpressionInvalid(message, before.count("\n") + 1, offset - before.rfind("\n"))
