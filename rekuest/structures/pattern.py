r"""Regular expressions that cannot be slow: the `PATTERN` constraint of ports.

A pattern is declared by an app that nobody trusts and runs in the server at each call; Python's `re` needs exponential
time for some.  So the common part of Python's and ECMA-262's syntax is read here and matched by a set of states
(Thompson) whose transitions are remembered: the time grows with pattern × text, and that product is bounded.

Taken: literals, `.`, `[...]`, `(...)`, `(?:...)`, `|`, `* + ? {m} {m,} {m,n}`, `^` and `$` at the ends,
`\d \D \w \W \s \S \t \n \r \f \v \xHH \uHHHH` and escaped punctuation.  Classes are those of ASCII.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

__all__ = ["compile_pattern"]

_PATTERN_LENGTH = 1000
_STATES = 2000  # of one machine; `{m,n}` copies its body
_DEPTH = 50
_WORK = 1_000_000  # states × characters: less than a second even where nothing is remembered
_REMEMBERED = 200_000  # states in remembered transitions; then these are forgotten and found again

Chars = Callable[[str], bool]
Build = Callable[["_Machine", int], int]  # state to go on with -> state to start from

_DIGITS = frozenset(string.digits)
_WORD = frozenset(string.ascii_letters + string.digits + "_")
_SPACE = frozenset(" \t\n\r\f\v")
_LINE_ENDS = frozenset("\n\r\u2028\u2029")
_SETS: Mapping[str, tuple[frozenset[str], bool]] = {
    "d": (_DIGITS, True),
    "D": (_DIGITS, False),
    "w": (_WORD, True),
    "W": (_WORD, False),
    "s": (_SPACE, True),
    "S": (_SPACE, False),
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_HEX_DIGITS = {"x": 2, "u": 4}
_SPECIAL = frozenset("\\^$.|?*+()[]{}")
_COUNTED = re.compile(r"\{([0-9]{1,4})(,([0-9]{0,4}))?\}")
_QUANTIFIERS: Mapping[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class _Piece(NamedTuple):
    """A part of a pattern that has been read."""

    size: int  # how many states it will have, at least 1; known before any is made
    build: Build


class _Machine:
    """States of one pattern.  A state takes a character, or goes on to others without one."""

    def __init__(self) -> None:
        self.chars: list[Chars | None] = []  # None: goes on without a character
        self.targets: list[list[int]] = []

    def add(self, chars: Chars | None, *targets: int) -> int:
        self.chars.append(chars)
        self.targets.append(list(targets))
        return len(self.chars) - 1

    def closure(self, states: set[int]) -> frozenset[int]:
        """Return the states that are reached without a character."""
        pending, reached = list(states), set(states)
        while pending:
            state = pending.pop()
            if self.chars[state] is None:
                fresh = [target for target in self.targets[state] if target not in reached]
                reached.update(fresh)
                pending.extend(fresh)
        return frozenset(reached)

    def advance(self, states: frozenset[int], char: str) -> frozenset[int]:
        """Return the states after one character."""
        following: set[int] = set()
        for state in states:
            chars = self.chars[state]
            if chars is not None and chars(char):
                following.update(self.targets[state])
        return self.closure(following)


class _Reader:
    """Reads a pattern from left to right into pieces that build themselves into a machine."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._depth = 0

    def read(self) -> _Piece:
        piece = self._alternatives()
        if self._at < len(self._text):
            raise self._refused("there is a `)` too many")
        return piece

    def _refused(self, reason: str) -> ValueError:
        return ValueError(f"pattern {self._text!r}, character {self._at + 1}: {reason}")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise self._refused("it ends too early")
        self._at += 1
        return char

    def _alternatives(self) -> _Piece:
        self._depth += 1
        if self._depth > _DEPTH:
            raise self._refused(f"more than {_DEPTH} groups in each other")
        pieces = [self._sequence()]
        while self._peek() == "|":
            self._take()
            pieces.append(self._sequence())
        self._depth -= 1
        if len(pieces) == 1:
            return pieces[0]

        def build(machine: _Machine, after: int) -> int:
            return machine.add(None, *(piece.build(machine, after) for piece in pieces))

        return _Piece(1 + sum(piece.size for piece in pieces), build)

    def _sequence(self) -> _Piece:
        pieces: list[_Piece] = []
        if self._depth == 1 and self._peek() == "^":
            self._take()  # the whole text is matched anyway
        while self._peek() not in ("", "|", ")"):
            if self._depth == 1 and self._text[self._at : self._at + 2] in ("$", "$|"):
                self._take()
                break
            pieces.append(self._quantified(self._atom()))

        def build(machine: _Machine, after: int) -> int:
            for piece in reversed(pieces):
                after = piece.build(machine, after)
            return after

        return _Piece(sum(piece.size for piece in pieces) or 1, build)

    def _quantified(self, body: _Piece) -> _Piece:
        counted = _COUNTED.match(self._text, self._at)
        if self._peek() in ("*", "+", "?"):
            least, most = _QUANTIFIERS[self._take()]
        elif counted is not None:
            self._at = counted.end()
            least = int(counted[1])
            most = (int(counted[3]) if counted[3] else None) if counted[2] else least
        else:
            return body
        if most is not None and most < least:
            raise self._refused("the bounds of the repeat are swapped")
        if self._peek() == "?":
            self._take()  # greedy or not, the whole text matches or does not
        if self._peek() in ("*", "+", "?"):
            raise self._refused("a repeat is repeated; put a group around it")
        return self._repeat(body, least, most)

    def _repeat(self, body: _Piece, least: int, most: int | None) -> _Piece:
        optional = 1 if most is None else most - least

        def build(machine: _Machine, after: int) -> int:
            entry = after
            if most is None:
                entry = machine.add(None)
                machine.targets[entry] = [body.build(machine, entry), after]
            else:
                for _ in range(optional):
                    entry = machine.add(None, body.build(machine, entry), after)
            for _ in range(least):
                entry = body.build(machine, entry)
            return entry

        size = least * body.size + optional * (body.size + 1)
        if size > _STATES:
            raise self._refused("the pattern is too large; repeat less")
        return _Piece(size or 1, build)

    def _atom(self) -> _Piece:
        char = self._take()
        if char == "(":
            return self._group()
        if char == "[":
            chars = self._bracket()
        elif char == ".":
            chars = _outside(_LINE_ENDS)
        elif char == "\\":
            chars = self._escape()
        elif char in _SPECIAL:
            self._at -= 1
            raise self._refused(f"`{char}` cannot stand here; write `\\{char}` for the character")
        else:
            chars = char.__eq__
        return _Piece(1, lambda machine, after: machine.add(chars, after))

    def _group(self) -> _Piece:
        if self._peek() == "?":
            self._take()
            if self._take() != ":":
                raise self._refused("only `(...)` and `(?:...)` are common to all languages")
        piece = self._alternatives()
        if self._peek() != ")":
            raise self._refused("a `)` is missing")
        self._take()
        return piece

    def _escape(self) -> Chars:
        char = self._take()
        if char in _SETS:
            members, is_inside = _SETS[char]
            return members.__contains__ if is_inside else _outside(members)
        return self._escaped(char).__eq__

    def _escaped(self, char: str) -> str:
        """Return the single character that an escape stands for."""
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in _HEX_DIGITS:
            digits = "".join(self._take() for _ in range(_HEX_DIGITS[char]))
            if not set(digits) <= set(string.hexdigits):
                raise self._refused(f"`{digits}` is not hexadecimal")
            return chr(int(digits, 16))
        if char in string.punctuation:
            return char
        raise self._refused(f"`\\{char}` is not common to all languages")

    def _bracket(self) -> Chars:
        is_negated = self._peek() == "^"
        if is_negated:
            self._take()
        tests: list[Chars] = []
        while (char := self._take()) != "]":
            if char == "\\" and self._peek() in _SETS:
                tests.append(self._escape())
                continue
            first = self._escaped(self._take()) if char == "\\" else char
            tests.append(self._span(first))
        if not tests:
            raise self._refused("`[]` holds nothing")
        return lambda value: any(test(value) for test in tests) is not is_negated

    def _span(self, first: str) -> Chars:
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return first.__eq__
        self._take()
        char = self._take()
        last = self._escaped(self._take()) if char == "\\" else char
        if last < first:
            raise self._refused(f"the range `{first}-{last}` is swapped")
        return lambda value: first <= value <= last


def _outside(members: frozenset[str]) -> Chars:
    return lambda value: value not in members


class _Matcher:
    """A built machine that remembers its transitions."""

    def __init__(self, piece: _Piece) -> None:
        self._machine = _Machine()
        self._accepted = self._machine.add(None)
        self._start = self._machine.closure({piece.build(self._machine, self._accepted)})
        self._remembered: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._most = _REMEMBERED // len(self._machine.chars)  # transitions

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        states = self._start
        for char in text:
            following = self._remembered.get((states, char))
            if following is None:
                following = self._machine.advance(states, char)
                if len(self._remembered) >= self._most:
                    self._remembered.clear()
                self._remembered[states, char] = following
            if not following:
                return False
            states = following
        return self._accepted in states


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Make the test whether a whole text matches.

    The pattern is read now; its machine is built at the first text.  A text so long that matching could take seconds
    does not match.

    Raises:
        ValueError: The pattern is not of the common part, or too large; the message says where.
    """
    if len(pattern) > _PATTERN_LENGTH:
        raise ValueError(f"the pattern is longer than {_PATTERN_LENGTH} characters")
    piece = _Reader(pattern).read()
    if piece.size > _STATES:
        raise ValueError("the pattern is too large; repeat less")
    longest = _WORK // piece.size

    @cache
    def machine() -> _Matcher:
        return _Matcher(piece)

    return lambda text: len(text) <= longest and machine().matches(text)
