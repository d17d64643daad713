"""What becomes of values whose property gets another type: cast, mapped, or what the fix says of those that do not fit."""

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
        if self.fix.kind in ("first", "last") and not (self.old["array"] and not self.new["array"]):
            findings.append(
                Finding("MIGRATION_FIX", "/fix/kind", f"{self.name} does not become one value out of a list")
            )
        if findings:
            raise Refused(findings)
        return self

    def __call__(self, value: Json) -> Json:
        """The value that takes the place of another; `None` = none. Raises `Refused`."""
        if value in (PURGED, SEALED):
            return value
        old = by_name(self.old, value)
        try:
            return self._fitting(self._meant(old))
        except NotAValue as wrong:
            return self._otherwise(wrong)

    def _meant(self, value: Json) -> Json:
        """Raises `NotAValue`."""
        if self.fix.kind == "map" and isinstance(value, str | int | float):
            named = self.fix.values or {}
            text = value if isinstance(value, str) else shown(value)
            if text in named:
                return named[text]
        if self.fix.kind in ("first", "last") and isinstance(value, list):
            value = value[:1] if self.fix.kind == "first" else value[-1:]
        return cast(value, self.old, self.new)

    def _fitting(self, value: Json) -> Json:
        return value if value is None else check_of_declared(self.new)(value)

    def _otherwise(self, wrong: NotAValue) -> Json:
        if "drop" in (self.fix.kind, self.fix.otherwise):
            return None
        if "default" in (self.fix.kind, self.fix.otherwise):
            return self.fix.value
        raise Refused([Finding(wrong.code, "", f"{self.name} {wrong.text}")])

    def _wrong(self, value: Json, path: str) -> list[Finding]:
        try:
            self._fitting(value)
        except NotAValue as wrong:
            return [Finding(wrong.code, "/fix" + path + wrong.path, f"{self.name} {wrong.text}")]
        return []
