"""Small counts are hidden in what is published, and so are those from which they follow.

A table has rows, columns and their totals. Hiding a small cell is not enough: a row's total less
its other cells would tell it again. The cells that are hidden are seen as lines between the row and
the column that they stand in; a hidden cell can be worked out exactly when nothing but it holds two
parts of that picture together (a bridge). So more is hidden until there is no bridge, and until
what is hidden in a row or column is no small sum itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

#: Counts from one up to, but without, this are small.
LEAST_SHOWN: Final = 5
#: The name of the row and of the column of totals.
TOTAL: Final = ""

Cell = tuple[str, str]
_Node = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """What may be published: every count of a table with its totals; None is a hidden one."""

    counts: Mapping[Cell, int | None]

    @property
    def hidden(self) -> frozenset[Cell]:
        """Return the cells that are hidden."""
        return frozenset(cell for cell, count in self.counts.items() if count is None)


def publish(counts: Mapping[Cell, int]) -> Published:
    """Add the totals to a table of counts by row and column, and hide what must be hidden.

    A cell that is not in the table is a known zero. Neither row nor column may be named TOTAL.
    """
    table = _with_totals(counts)
    hidden = {cell for cell, count in table.items() if 0 < count < LEAST_SHOWN}
    while (more := _next_to_hide(table, hidden)) is not None:
        hidden.add(more)
    return Published({cell: None if cell in hidden else n for cell, n in table.items()})


def bridges(cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells that follow from the totals although they are hidden."""
    edges = sorted(set(cells))
    ends: dict[_Node, list[tuple[_Node, Cell]]] = defaultdict(list)
    for cell in edges:
        row, column = _nodes(cell)
        ends[row].append((column, cell))
        ends[column].append((row, cell))
    found: list[Cell] = []
    entered: dict[_Node, int] = {}
    for root in list(ends):
        if root not in entered:
            found += _bridges_from(root, ends, entered)
    return sorted(found)


def _with_totals(counts: Mapping[Cell, int]) -> dict[Cell, int]:
    table = {cell: count for cell, count in counts.items() if count}
    for (row, column), count in list(table.items()):
        for cell in ((row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
            table[cell] = table.get(cell, 0) + count
    return table


def _next_to_hide(table: Mapping[Cell, int], hidden: set[Cell]) -> Cell | None:
    """Return one more cell to hide, the smallest that helps; None when nothing more follows.

    What helps against a bridge is a second cell between the two parts that it joins. There is one:
    were all others between them zero, the sums of the lines would make the bridge zero as well.
    """
    followed = bridges(hidden)
    if followed:
        part = _part_without(followed[0], hidden)
        return _smallest_shown(table, hidden, lambda row, column: (row in part) != (column in part))
    small = _small_sums(table, hidden)
    return _smallest_shown(table, hidden, lambda row, column: row in small or column in small)


def _part_without(bridge: Cell, hidden: set[Cell]) -> set[_Node]:
    """Return the lines that hang together with the bridge's row when the bridge is gone."""
    ends: dict[_Node, list[_Node]] = defaultdict(list)
    for cell in hidden - {bridge}:
        row, column = _nodes(cell)
        ends[row].append(column)
        ends[column].append(row)
    part = {_nodes(bridge)[0]}
    waiting = list(part)
    while waiting:
        reached = set(ends[waiting.pop()]) - part
        part |= reached
        waiting += reached
    return part


def _small_sums(table: Mapping[Cell, int], hidden: set[Cell]) -> set[_Node]:
    """Return the rows and columns in which what is hidden is small even taken together."""
    sums: dict[_Node, int] = defaultdict(int)
    for cell in hidden:
        if TOTAL not in cell:
            for node in _nodes(cell):
                sums[node] += table[cell]
    return {node for node, number in sums.items() if number < LEAST_SHOWN}


def _smallest_shown(
    table: Mapping[Cell, int], hidden: set[Cell], helps: Callable[[_Node, _Node], bool]
) -> Cell | None:
    """Return the smallest cell that helps and is still shown; totals come last."""
    shown = [cell for cell in table if cell not in hidden and helps(*_nodes(cell))]
    return min(shown, key=lambda cell: (TOTAL in cell, table[cell], cell), default=None)


def _nodes(cell: Cell) -> tuple[_Node, _Node]:
    return ("row", cell[0]), ("column", cell[1])


def _bridges_from(
    root: _Node,
    ends: Mapping[_Node, list[tuple[_Node, Cell]]],
    entered: dict[_Node, int],
) -> list[Cell]:
    """Return the bridges of one part of the picture (Tarjan), without recursion."""
    found: list[Cell] = []
    lowest: dict[_Node, int] = {}
    entered[root] = lowest[root] = len(entered)
    path: list[tuple[_Node, Cell | None, Iterator[tuple[_Node, Cell]]]] = [
        (root, None, iter(ends[root]))
    ]
    while path:
        node, by, rest = path[-1]
        following = next(rest, None)
        if following is None:
            path.pop()
            if path:
                parent = path[-1][0]
                lowest[parent] = min(lowest[parent], lowest[node])
                if by is not None and lowest[node] > entered[parent]:
                    found.append(by)
            continue
        other, cell = following
        if cell == by:
            continue
        if other in entered:
            lowest[node] = min(lowest[node], entered[other])
        else:
            entered[other] = lowest[other] = len(entered)
            path.append((other, cell, iter(ends[other])))
    return found
