"""The stack machine that pickles are written for, with nothing in it that could be run.

Each step either moves a value that stands in the file, or makes one of the plain values of
`pickle_values`. None can ask for more memory than the file has bytes for, none looks anything up
in Python, and none hashes what the file says.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from w2v.errors import VectorFileError, quoted
from w2v.formats.pickle_values import (
    MAKERS,
    PASSED_OVER,
    READ,
    Bag,
    DamagedError,
    Kind,
    Name,
    Packed,
    Pairs,
    Record,
    named,
)

_LARGE = 1 << 12  # bytes that are not copied out of the file
_LONGEST_INTEGER = 32  # bytes
_LONGEST_LINE = 400  # bytes of a name, or of a number in decimal
_FEWEST, _BYTES_EACH = 1 << 12, 4  # values that take memory: so many, or one in so many bytes
_NEWEST = 5  # protocol

Step = Callable[["Machine"], None]
STOP = ord(".")


class Machine:
    """The stack machine that a pickle is written for."""

    def __init__(self, data: memoryview, name: str) -> None:
        self._data, self._name, self._at = data, name, 0
        self.stack: list[Any] = []
        self._marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self._made, self._encoded = 0, 0
        self._most = _FEWEST + len(data) // _BYTES_EACH

    def run(self, steps: Sequence[Step | None]) -> object:
        """Follow the program to its end; what is on top of the stack then."""
        data = self._data
        end = len(data)
        while self._at < end:
            code = data[self._at]
            self._at += 1
            if code == STOP:
                return self.stack.pop()
            step = steps[code]
            if step is None:
                self.refuse_opcode(code)
            else:
                step(self)
        raise DamagedError("it has no end, and may be cut short")

    def refuse_opcode(self, code: int) -> None:
        import pickletools

        known = next((o for o in pickletools.opcodes if o.code == chr(code)), None)
        if known is None:
            raise DamagedError(f"there is no opcode {code:#x}")
        names = ""
        if known.name == "INST":
            names = f" of {quoted(f'{self.line()}.{self.line()}')}"
        raise VectorFileError(
            f"{self._name} is a Python pickle that uses {known.name}{names}, as no model of "
            "gensim does. Nothing of it was run."
        )

    # reading

    def protocol(self) -> None:
        if (version := self.size(1)) > _NEWEST:
            raise DamagedError(f"its protocol is {version}; {_NEWEST} is the newest that is known")

    def frame(self) -> None:
        self.take(8)  # how far a program may read ahead

    def take(self, size: int) -> memoryview:
        begin, end = self._at, self._at + size
        if end > len(self._data):
            raise DamagedError("it ends early, and may be cut short")
        self._at = end
        return self._data[begin:end]

    def size(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def line(self) -> str:
        found = bytes(self._data[self._at : self._at + _LONGEST_LINE])
        line, end, _ = found.partition(b"\n")
        if not end:
            raise DamagedError("a name or number has no end")
        self._at += len(line) + 1
        return line.decode()

    def bytes(self, width: int) -> None:
        found = self.take(self.size(width))
        self.stack.append(found if len(found) > _LARGE else bytes(found))

    def text(self, width: int) -> None:
        found = self.take(self.size(width))
        try:
            text = str(found, "utf-8")
        except UnicodeDecodeError:
            text = str(found, "utf-8", "surrogatepass")
        self.stack.append(text)

    def old_text(self, width: int) -> None:
        self.stack.append(str(self.take(self.size(width)), "latin-1"))

    def signed(self, width: int) -> None:
        self.stack.append(int.from_bytes(self.take(width), "little", signed=True))

    def long(self, width: int) -> None:
        size = self.size(width)
        if size > _LONGEST_INTEGER:
            raise DamagedError("a whole number of more than 32 bytes")
        self.signed(size)

    def decimal(self) -> None:
        line = self.line().removesuffix("L")
        if len(line) > 2 * _LONGEST_INTEGER:
            raise DamagedError("a whole number of more than 64 digits")
        self.stack.append({"00": False, "01": True}[line] if line[:1] == "0" else int(line))

    def float(self) -> None:
        self.stack.append(struct.unpack(">d", self.take(8))[0])

    # the stack

    def push(self, value: object) -> None:
        self.stack.append(value)

    def make(self, value: object) -> None:
        """Push what takes memory of its own; of such there are few for the bytes of a file."""
        self._made += 1
        if self._made > self._most:
            raise DamagedError("it makes more values than a model of its size has")
        self.stack.append(value)

    def mark(self) -> None:
        self._made += 1
        if self._made > self._most:
            raise DamagedError("it makes more values than a model of its size has")
        self._marks.append(len(self.stack))

    def since_mark(self) -> list[Any]:
        begin = self._marks.pop()
        found = self.stack[begin:]
        del self.stack[begin:]
        return found

    def pop(self) -> None:
        """Drop a value, or a mark if that stands on top."""
        if self._marks and self._marks[-1] == len(self.stack):
            self._marks.pop()
        else:
            self.stack.pop()

    def pop_mark(self) -> None:
        self.since_mark()

    def few(self, size: int) -> None:
        if len(self.stack) < size:
            raise DamagedError("a tuple of more than there is")
        found = tuple(self.stack[-size:])
        del self.stack[-size:]
        self.make(found)

    # what most of a file is made of, in few calls; one that reads past the end is the last

    def put1(self) -> None:
        self.memo[self._data[self._at]] = self.stack[-1]
        self._at += 1

    def put4(self) -> None:
        at = self._at
        self._at = at + 4
        self.memo[int.from_bytes(self._data[at : at + 4], "little")] = self.stack[-1]

    def memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get1(self) -> None:
        self.stack.append(self.memo[self._data[self._at]])
        self._at += 1

    def get4(self) -> None:
        at = self._at
        self._at = at + 4
        self.stack.append(self.memo[int.from_bytes(self._data[at : at + 4], "little")])

    def byte(self) -> None:
        self.stack.append(self._data[self._at])
        self._at += 1

    def two_bytes(self) -> None:
        at = self._at
        self._at = at + 2
        self.stack.append(int.from_bytes(self._data[at : at + 2], "little"))

    # containers

    def extend(self, kind: type[list[Any]], added: list[Any]) -> None:
        into = self.stack[-1]
        if type(into) is not kind:
            raise DamagedError("it fills what is no container")
        if kind is Pairs and len(added) % 2:
            raise DamagedError("a key without a value")
        into.extend(added)

    def last(self, count: int) -> list[Any]:
        found = self.stack[-count:]
        del self.stack[-count:]
        return found

    def pairs(self) -> None:
        found = self.since_mark()
        self.make(Pairs())
        self.extend(Pairs, found)

    # names and what is made by them

    def name_of(self, module: object, name: object) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise DamagedError("a name that is no text")
        found = named(module, name)
        if found is None:
            raise VectorFileError(
                f"{self._name} is a Python pickle that names {quoted(f'{module}.{name}')}, which "
                "is not read: of such files only gensim's words, vectors and phrases are. Nothing "
                "of it was run."
            )
        self.make(found)

    def global_name(self) -> None:
        self.name_of(self.line(), self.line())

    def stack_global(self) -> None:
        self.name_of(*self.last(2))

    def new(self, arguments: int) -> None:
        kind, *rest = self.last(1 + arguments)
        if not isinstance(kind, Name) or kind.text not in READ or any(map(len, rest)):
            what = kind.text if isinstance(kind, Name) else "what is no class"
            raise DamagedError(f"an object of {what}")
        self.make(Record(kind.text))

    def reduce(self) -> None:
        called, args = self.last(2)
        if not isinstance(called, Name) or not isinstance(args, tuple):
            raise DamagedError("a call of what is no name")
        if called.text in PASSED_OVER:
            self.make(Record(called.text))
            return
        if called.text not in MAKERS:
            raise DamagedError(f"a call of {called.text}")
        made = MAKERS[called.text](args)
        if isinstance(made, bytes | Bag):  # a copy of what may be called for again
            self._encoded += len(made)
            if self._encoded > len(self._data):
                raise DamagedError("it copies more bytes than it has")
        self.make(made)

    def build(self) -> None:
        state = self.stack.pop()
        built = self.stack[-1]
        if not isinstance(built, Record | Packed | Kind):
            raise DamagedError("a state for what has none")
        if isinstance(built, Record) and built.name in PASSED_OVER:
            return
        if isinstance(built, Record) and built.state:
            raise DamagedError("an object that is built twice")
        built.build(state)
