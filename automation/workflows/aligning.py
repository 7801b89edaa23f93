"""Two programs side by side: which step of the new one is which of the old one, and what can still come from a place.

Steps are compared as people wrote them, as a tree: a step inside a branch is only ever the same as one inside the same part of
the same branch, so that nobody comes into a part without the branch having decided. A branch whose condition was changed is still
that branch. The order is kept; of the ways to pair steps the one with most pairs is taken, and of equal ones the earliest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automation.workflows.definitions import Op

Program = Sequence[Op]
Pairs = Mapping[int, int]  # from the old program's index to the new one's
RESTS = ("wait", "until", "hear")
SAME, SAME_BRANCH, CHANGED_BRANCH = 4, 3, 1  # a branch counts, and so does what is in it


@dataclass(frozen=True)
class _Node:
    at: int
    op: Op
    then: tuple["_Node", ...] = ()
    other: tuple["_Node", ...] = ()


def aligned(old: Program, new: Program) -> Pairs:
    return dict(_best(_tree(old, 0, len(old)), _tree(new, 0, len(new)))[1])


def _tree(program: Program, at: int, end: int) -> tuple[_Node, ...]:
    """Jumps are no steps: they only end the first part of a branch."""
    nodes = []
    while at < end:
        op = program[at]
        if op.kind == "branch":
            jump = op.to - 1
            nodes.append(_Node(at, op, _tree(program, at + 1, jump), _tree(program, op.to, program[jump].to)))
        else:
            nodes.append(_Node(at, op))
        at = behind(program, at)
    return tuple(nodes)


Scored = tuple[int, list[tuple[int, int]]]


def _best(old: Sequence[_Node], new: Sequence[_Node]) -> Scored:
    """The longest common subsequence, weighed, and its pairs."""
    pair = [[_pair(a, b) for b in new] for a in old]
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            here = pair[i][j][0]
            best[i][j] = max(best[i + 1][j], best[i][j + 1], here + best[i + 1][j + 1] if here else 0)
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        here = pair[i][j][0]
        if here and best[i][j] == here + best[i + 1][j + 1]:
            found += pair[i][j][1]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            i += 1
    return best[0][0], found


def _pair(a: _Node, b: _Node) -> Scored:
    if a.op.kind != "branch" or b.op.kind != "branch":
        return (SAME, [(a.at, b.at)]) if is_same(a.op, b.op) else (0, [])
    then, other = _best(a.then, b.then), _best(a.other, b.other)
    own = SAME_BRANCH if a.op.condition == b.op.condition else CHANGED_BRANCH
    return own + then[0] + other[0], [(a.at, b.at), *then[1], *other[1]]


def is_same(a: Op, b: Op) -> bool:
    """Whatever their number, and where they lead."""
    return _content(a) == _content(b)


def _content(op: Op) -> tuple[object, ...]:
    return op.kind, op.span, op.clock, op.word, op.template, op.percent, op.condition


# Ways through one program


def behind(program: Program, at: int) -> int:
    """The step that follows on the same level, or on the one around it: a branch is passed over as a whole."""
    op = program[at]
    if op.kind == "branch":
        return program[op.to - 1].to
    return op.to if op.kind == "jump" else at + 1


def landed(program: Program, at: int) -> int:
    """Where a run that stands here really stands: jumps only lead on."""
    while at < len(program) and program[at].kind == "jump":
        at = program[at].to
    return at


def to_come(program: Program, at: int) -> list[Op]:
    """Every step that a run which stands there may still take, whatever branches decide."""
    seen: set[int] = set()
    ahead = [at]
    while ahead:
        here = ahead.pop()
        if here >= len(program) or here in seen:
            continue
        seen.add(here)
        op = program[here]
        if op.kind == "branch":
            ahead += [here + 1, op.to]
        elif op.kind != "stop":
            ahead.append(landed(program, here + 1) if op.kind != "jump" else op.to)
    return [program[here] for here in sorted(seen) if program[here].kind != "jump"]


def place(old: Program, new: Program, pairs: Pairs, step: int) -> tuple[int, bool]:
    """Where a run that stands before `step` of the old program goes, and whether the step it stood at is still there.

    One that has taken nothing yet begins anew. One that sits in a wait comes right behind the same wait, so that it gets what
    was put in there; where that wait was changed or is gone, it comes before the same next step; and where this is gone too,
    before the next that is left, on its level or around it.
    """
    if step == 0:
        return 0, True
    if old[step - 1].kind in RESTS and step - 1 in pairs:
        return pairs[step - 1] + 1, True
    first = at = landed(old, step)
    while at < len(old):
        if at in pairs:
            return pairs[at], at == first
        at = landed(old, behind(old, at))
    return len(new), first >= len(old)
