"""What becomes of values whose property is declared otherwise: cast, mapped, or what the fix says of those that do not fit."""

from typing import NamedTuple

from events.findings import Finding, Refused
from events.migrations.casting import cast
from events.migrations.migration_words import Fix
from events.objects.sealing import PURGED, SEALED
from events.schema.checks import by_name, check_of_declared
from events.schema.resolving import Declared
from events.schema.values import Json, NotAValue, shown


class Retyped(NamedTuple):
    """One property, as it is and as it shall be."""

    name: str
    old: Declared
    new: Declared
    fix: Fix

    def checked(self) -> "Retyped":
        """Raises `Refused` where the values that the fix gives are none."""
        given = {"/value": self.fix.value, **{f"/values/{key}": each for key, each in (self.fix.values or {}).items()}}
        findings = [finding for path, value in given.items() for finding in self._wrong(value, path)]
        if "default" in (self.fix.kind, self.fix.otherwise) and self.fix.value is None:
            findings.append(Finding("MIGRATION_FIX", "/fix/value", f"say which value {self.name} gets"))
        # what is under way was a list, and is anything for the moment
        was_list = self.old["array"] or self.old["type"] == "json"
        if self.fix.kind in ("first", "last") and not (was_list and not self.new["array"]):
            findings.append(
                Finding("MIGRATION_FIX", "/fix/kind", f"{self.name} does not become one value out of a list")
            )
        if findings:
            raise Refused(findings)
        return self

    def __call__(self, value: Json) -> Json:
        """The value, as it is given, that takes the place of a stored one; `None` = none. Raises `Refused`."""
        if value in (PURGED, SEALED):
            return value
        old = by_name(self.old, value)
        if self._mapped(old) is None and self.fits(old):
            return old
        try:
            meant = self._meant(old)
            return by_name(self.new, self.stored(meant))
        except NotAValue as wrong:
            return by_name(self.new, self.stored(self._otherwise(wrong)))

    def missing(self) -> Json:
        """The value of an object that has none; `None` = none. Raises `Refused` where it needs one."""
        if not self.new["required"] or self.new["default"] is not None or self.old["default"] is None:
            return None
        if "default" in (self.fix.kind, self.fix.otherwise):
            return self.fix.value
        raise Refused([Finding("PROPERTY_REQUIRED", "", f"{self.name} is required, and there is no value of it")])

    def fits(self, value: Json) -> bool:
        if isinstance(value, list) and self.new["type"] == "reference" and not self.new["array"]:
            return False  # else it would be taken for the components of one key
        try:
            check_of_declared(self.new)(value)
        except NotAValue:
            return False
        return True

    def stored(self, value: Json) -> Json:
        """As it is kept. Raises `NotAValue`, not for what `__call__` gives."""
        return value if value is None or value in (PURGED, SEALED) else check_of_declared(self.new)(value)

    @property
    def chained(self) -> bool:
        """Whether what comes of one value is mapped again: it must not be met twice."""
        values = self.fix.values or {}
        return any(isinstance(each, str) and values.get(each, each) != each for each in values.values())

    def _mapped(self, value: Json) -> str | None:
        """Under which of the values that are mapped it stands."""
        if self.fix.kind != "map" or not isinstance(value, str | int | float):
            return None
        text = value if isinstance(value, str) else shown(value)
        return text if text in (self.fix.values or {}) else None

    def _meant(self, value: Json) -> Json:
        """Raises `NotAValue`."""
        mapped = self._mapped(value)
        if mapped is not None:
            return (self.fix.values or {})[mapped]
        if self.fix.kind in ("first", "last") and isinstance(value, list):
            value = value[:1] if self.fix.kind == "first" else value[-1:]
        return cast(value, self.new)

    def _otherwise(self, wrong: NotAValue) -> Json:
        if "drop" in (self.fix.kind, self.fix.otherwise):
            return None
        if "default" in (self.fix.kind, self.fix.otherwise):
            return self.fix.value
        raise Refused([Finding(wrong.code, "", f"{self.name} {wrong.text}")])

    def _wrong(self, value: Json, path: str) -> list[Finding]:
        try:
            if value is not None:
                check_of_declared(self.new)(value)
        except NotAValue as wrong:
            return [Finding(wrong.code, "/fix" + path + wrong.path, f"{self.name} {wrong.text}")]
        return []
