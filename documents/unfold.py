"""Documents that fold: a view of a document within limits, and one path opened without loading the rest.

    COLLAPSED   {"_folded": {kind, bytes, items, first, …}}            what it is
    SHALLOW     its members, each a scalar or folded                   what is in it
    PARTIAL     two levels, a few items of each                        what it is about
    DEEP        eight levels, many items
    EXPANDED    everything, as far as the limits go

What does not fit is folded to a `Stub`; of a long array or object, the rest is one stub behind what is shown.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import msgspec

from documents.folding import Fold, Full, size_of
from documents.sections import FOLDED, Json, Placed, Stub, encoded, members, runs_in, stub_in, summary
from documents.unfold_context import LEAST_BYTES, UnfoldContext, UnfoldLevel

Load = Callable[[str], Json]
"""The content of a section by its digest."""


class PathUnknown(LookupError):
    """A JSON Pointer that leads nowhere; `at` is how far it went."""

    def __init__(self, path: str, at: str, why: str) -> None:
        self.path, self.at, self.why = path, at, why
        super().__init__(f"{path} leads nowhere: {at or 'the document'} {why}")

    def behind(self, at: str) -> "PathUnknown":
        """The same, told from further up."""
        return PathUnknown(at + self.path, at + self.at, self.why)


def no_sections(section: str) -> Json:
    """For documents that were never split."""
    raise LookupError(section)


class UnfoldableDocument:
    """A JSON document, or the stub of one whose sections `load` gives; what was loaded is kept as long as it is."""

    def __init__(self, value: Json, load: Load = no_sections) -> None:
        self._root: Placed = stub_in(value) or value
        self._load_section = load
        self._loaded: dict[str, Json] = {}

    @classmethod
    def holding(cls, values: Mapping[str, Json], folded: Collection[str], load: Load) -> "UnfoldableDocument":
        """An object of which the members named in `folded` may be stubs."""
        document = cls({}, load)
        stubs = {name: stub for name in folded if (stub := stub_in(values[name])) is not None}
        document._root = {**values, **stubs}
        return document

    @property
    def loaded(self) -> int:
        """How many sections were looked into."""
        return len(self._loaded)

    def unfold(self) -> Json:
        """The whole document."""
        return self._whole(self._root)

    def fold(self, context: UnfoldContext, path: str = "") -> Json:
        """What stands at a path, within the limits. Raises `PathUnknown`."""
        return self._folded(self._place(path), context)

    def unfold_path(self, path: str) -> Json:
        """All that stands at a JSON Pointer (RFC 6901). Raises `PathUnknown`."""
        return self._whole(self._place(path))

    def size(self, path: str = "") -> int:
        """Bytes of JSON that `unfold_path` would give. Raises `PathUnknown`."""
        place = self._place(path)
        if place is self._root and type(place) is dict:
            return sum(size_of(each) + len(encoded(name)) for name, each in place.items())
        return size_of(place)

    def _place(self, path: str) -> Placed:
        place, at = self._root, ""
        for step in steps(path):
            place = self._member(place, step, path, at)
            at += "/" + step
        return place

    def _member(self, place: Placed, step: str, path: str, at: str) -> Placed:
        kind = place.kind if isinstance(place, Stub) else type(place)
        if kind in ("array", list):
            count = place.items if isinstance(place, Stub) else len(place)
            if not (step == "0" or (step.isascii() and step.isdigit() and step[0] != "0")) or int(step) >= count:
                raise PathUnknown(path, at, f"is a list of {count:,} items")
            return self._item(place, int(step))
        if kind in ("object", dict):
            try:
                return self._named(place, step)
            except KeyError:
                raise PathUnknown(path, at, f"has no {step}") from None
        raise PathUnknown(path, at, "is neither a list nor an object")

    def _item(self, place: Placed, index: int) -> Placed:
        if not isinstance(place, Stub):
            return place[index]
        content = self._load(place.section)
        for run in runs_in(content):
            if index < run.items:
                return self._item(run, index)
            index -= run.items
        return next(islice(members(content), index, None))[1]

    def _named(self, place: Placed, name: str) -> Placed:
        if not isinstance(place, Stub):
            return place[name]
        content = self._load(place.section)
        runs = runs_in(content)
        if not runs:
            return dict(members(content))[name]
        at = bisect_right(runs, name, key=lambda run: run.start or "")
        if at == 0:
            raise KeyError(name)
        return self._named(runs[at - 1], name)

    def _members(self, place: Placed) -> Iterator[tuple[str | int, Placed]]:
        """In order; sections are loaded as far as they are asked for."""
        if not isinstance(place, Stub):
            yield from place.items() if type(place) is dict else enumerate(place)
            return
        content = self._load(place.section)
        if runs := runs_in(content):
            found = (member for run in runs for member in self._members(run))
            yield from found if place.kind == "object" else ((at, each) for at, (_, each) in enumerate(found))
        else:
            yield from members(content)

    def _text(self, stub: Stub) -> Iterator[str]:
        content = self._load(stub.section)
        if runs := runs_in(content):
            for run in runs:
                yield from self._text(run)
        else:
            yield content["text"]

    def _whole(self, place: Placed) -> Json:
        if place is self._root and type(place) is dict:
            return {name: self._whole(each) if isinstance(each, Stub) else each for name, each in place.items()}
        if not isinstance(place, Stub):
            return place
        if place.kind == "text":
            return "".join(self._text(place))
        if place.kind == "array":
            return [self._whole(each) for _, each in self._members(place)]
        return {name: self._whole(each) for name, each in self._members(place)}

    def _load(self, section: str) -> Json:
        if section not in self._loaded:
            self._loaded[section] = self._load_section(section)
        return self._loaded[section]

    def _folded(self, place: Placed, context: UnfoldContext) -> Json:
        if context.bytes is None:
            return Fold(self._members, self._text, context, context.depth).shown(place, 0)
        text = context.bytes if context.text is None else context.text
        return self._deepest(place, msgspec.structs.replace(context, text=min(context.bytes // 8, text)), context.bytes)

    def _deepest(self, place: Placed, context: UnfoldContext, most: int) -> Json:
        """The deepest fold that fits: the breadth of what is shown counts more than its depth."""
        best: Json = summary(place).json() if isinstance(place, Stub | dict | list | str) else place
        items, depth = context.items, 0
        deepest = MAX_LEVELS if context.depth is None else min(context.depth, MAX_LEVELS)
        while depth <= deepest:
            fold = Fold(self._members, self._text, msgspec.structs.replace(context, items=items), depth)
            try:
                best = fold.shown(place, 0)
            except Full:
                if depth != 1 or items == 0:
                    break
                items = (most if items is None else items) // 2  # not even its members fit: show fewer of them
                continue
            if fold.complete:
                break
            depth += 1
        return best


MAX_LEVELS: Final = 64


def fold(value: Json, context: UnfoldContext, load: Load = no_sections) -> Json:
    """A view of a document within limits; `_folded` is what is not shown."""
    return UnfoldableDocument(value, load).fold(context)


def unfold_path(value: Json, path: str, load: Load = no_sections) -> Json:
    """What stands at a JSON Pointer. Raises `PathUnknown`."""
    return UnfoldableDocument(value, load).unfold_path(path)


def steps(path: str) -> Sequence[str]:
    """The names and indexes of a JSON Pointer. Raises `PathUnknown` where it is none."""
    if not path:
        return []
    if not path.startswith("/"):
        raise PathUnknown(path, "", f"is reached by a path that begins with /, such as /{path}")
    return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]


__all__ = ["FOLDED", "LEAST_BYTES", "Load", "PathUnknown", "UnfoldContext", "UnfoldLevel", "UnfoldableDocument"]
__all__ += ["fold", "no_sections", "steps", "unfold_path"]
