"""The line of a word inside a literal: texts may span lines, be joined from several literals, and hold escapes."""

import ast
import re

from config.isolation.scan.texts import Piece, Text


def piece_at(text: Text, offset: int) -> tuple[int, Piece]:
    """(index, piece) that holds the character at `offset`."""
    for index, piece in enumerate(text):
        if offset < len(piece[0]):
            return index, piece
        offset -= len(piece[0])
    return len(text) - 1, text[-1]


def line_of(text: Text, offset: int, word: str, lines: list[str]) -> int | None:
    """The line of `word`, which stands at `offset` of `text`; None where no literal of this file holds it."""
    index, (_, node) = piece_at(text, offset)
    if node is None:
        return None
    start = sum(len(piece) for piece, _ in text[:index])
    same = "".join(piece for piece, origin in text[:index] if origin is node)
    wanted = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    earlier = len(wanted.findall(same + text[index][0][: offset - start]))
    segment = _segment(node, lines)
    places = [match.start() for match in wanted.finditer(segment)]
    first = int(getattr(node, "lineno", 1))
    return first + segment.count("\n", 0, places[earlier]) if earlier < len(places) else first


def _segment(node: ast.AST, lines: list[str]) -> str:
    """The literal as written; escapes such as a line feed are blanked, or they would stick to the word behind them."""
    first, last = getattr(node, "lineno", 1) - 1, getattr(node, "end_lineno", 1)
    chosen = lines[first:last]
    before = len(lines[first].encode()[: getattr(node, "col_offset", 0)].decode(errors="ignore"))
    chosen[0] = " " * before + chosen[0][before:]
    return re.sub(r"\\[nrt]", "  ", "\n".join(chosen))
