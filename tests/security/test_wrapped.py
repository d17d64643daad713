"""What is wrapped is opened by the same key and name alone, and says nothing to others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.wrapped import Wraps


@given(st.text(), st.binary())
def test_what_was_wrapped_comes_back_under_its_name(name: str, content: bytes) -> None:
    wraps = Wraps(b"k" * 32)
    assert wraps.content(name, wraps.wrapped(name, content)) == content
    assert wraps.hidden(name) == Wraps(b"k" * 32).hidden(name)


def test_another_name_another_key_and_changed_bytes_do_not_open_it() -> None:
    wraps = Wraps(b"k" * 32)
    wrapped = wraps.wrapped("a", "비밀".encode())
    assert "비밀".encode() not in wrapped
    for name, by, bytes_ in [
        ("b", wraps, wrapped),
        ("a", Wraps(b"x" * 32), wrapped),
        ("a", wraps, wrapped[:-1] + b"?"),
    ]:
        with pytest.raises(ValueError, match="wrapped by others"):
            by.content(name, bytes_)
    assert Wraps(b"x" * 32).hidden("a") != wraps.hidden("a") != wraps.hidden("b")
