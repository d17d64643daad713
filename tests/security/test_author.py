import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.author import AuthorRefused, parse


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("alice@oms", ("alice", "oms")),
        ("system@oms", ("system", "oms")),
        ("김철수@항공", ("김철수", "항공")),
        ("svc:import-7@data-kernel", ("svc:import-7", "data-kernel")),
        ("x" * 100 + "@" + "s" * 100, ("x" * 100, "s" * 100)),
    ],
)
def test_an_author_has_two_parts(text, parts):
    assert parse(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "", "alice", "@oms", "alice@", "alice@example.com@oms", "alice@o ms", "alice@oms\n", "x" * 101 + "@oms", "a@" + "s" * 101,
        "al|ice@oms", "alice|verified|@oms", "alice (admin)@oms", "alice[admin]@oms", "alice{}@oms", "alice<>@oms", 'al"ice@oms', "al\\ice@oms",
        "al ice@oms", "al\tice@oms", "al\r\nice@oms", "al\x00ice@oms", "al\x7fice@oms", "al\x85ice@oms", "al\u2028ice@oms", "al\u200bice@oms",
        "al\u202eice@oms", "al\ud800ice@oms", "al\ufdd0ice@oms",
    ],
)  # fmt: skip
def test_what_could_be_taken_for_something_else_is_refused(text):
    with pytest.raises(AuthorRefused) as refused:
        parse(text)
    str(refused.value).encode()


@given(st.text(), st.text())
def test_parts_that_are_accepted_come_back(user, service):
    try:
        made = parse(f"{user}@{service}")
    except AuthorRefused:
        return
    assert made == (user, service)
