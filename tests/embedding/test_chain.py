"""Who is asked when one fails, and that vectors of two spaces are never put together."""

from collections.abc import Sequence

import numpy as np
import pytest

from projectors.embedding.asking import Patience
from projectors.embedding.chain import Chain, NobodyAnswers, TextsRefused
from projectors.embedding.provider import Answer, Denied, Failed, Later, Limits, Purpose, Space, TooMuch
from tests.embedding.wires import vector

FOUR = Limits(4, 10_000)
ONE, OTHER = Space("one", 8), Space("other", 8)


class Scripted:
    """A provider that fails as it is told to, once for each failure, then answers."""

    price = 2.0

    def __init__(self, name: str, space: Space, *failures: Failed, good: int = 0, limits: Limits = FOUR) -> None:
        self.name, self.space, self.limits = name, space, limits
        self.failures, self.good = list(failures), good  # answers before the failures begin
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
        self.asked.append(list(texts))
        if self.good:
            self.good -= 1
        elif self.failures:
            raise self.failures.pop(0)
        return Answer(np.array([vector(f"{self.space.model}{text}") for text in texts], dtype=np.float32), len(texts))

    async def close(self) -> None: ...


def chained(*providers: Scripted) -> tuple[Chain, list[Failed]]:
    told: list[Failed] = []
    return Chain(providers, lambda: 0.0, told.append), told


def texts(number: int) -> list[str]:
    return [f"text {n}" for n in range(number)]


def at_once(name: str = "a") -> Later:
    return Later(name, "busy", 0.0)


async def test_what_is_busy_is_asked_again_after_the_time_it_names():
    provider = Scripted("a", ONE, at_once(), at_once())
    chain, told = chained(provider)
    embedded = await chain.embed(texts(3))
    assert (embedded.provider, len(provider.asked), told) == ("a", 3, [])
    assert chain.tallies["a"].errors == {"Later": 2}
    assert (chain.tallies["a"].texts, chain.tallies["a"].cost) == (3, pytest.approx(6e-6))


async def test_another_provider_of_the_same_space_goes_on_where_the_first_stopped():
    first = Scripted("a", ONE, *[Denied("a", "no money")] * 3, good=1, limits=Limits(2, 10_000, requests=1))
    second = Scripted("b", ONE)
    chain, told = chained(first, second)
    embedded = await chain.embed(texts(6))
    assert embedded.space == ONE
    assert [text for some in second.asked for text in some] == texts(6)[2:]
    expected = np.array([vector(f"one{text}") for text in texts(6)])
    assert np.allclose(embedded.vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True))
    assert [str(failure) for failure in told] == ["a: no money"]


async def test_a_provider_of_another_space_begins_anew_and_it_is_told():
    first = Scripted("a", ONE, *[Denied("a", "gone")] * 3, good=1, limits=Limits(2, 10_000, requests=1))
    second = Scripted("b", OTHER)
    chain, _ = chained(first, second)
    done = []
    embedded = await chain.embed(texts(6), progress=done.append)
    assert (embedded.space, embedded.provider) == (OTHER, "b")
    assert [text for some in second.asked for text in some] == texts(6)
    assert [str(failure) for failure in embedded.failures] == ["a: gone"]
    assert sum(done) == 6, "what was done in vain is taken back"


async def test_only_one_space_may_be_asked_for():
    chain, _ = chained(Scripted("a", ONE, Denied("a", "gone")), Scripted("b", OTHER))
    with pytest.raises(NobodyAnswers, match="gone"):
        await chain.embed(texts(1), only=ONE)
    assert (await chain.embed(texts(1), only=OTHER)).space == OTHER


async def test_one_that_gave_up_rests_but_the_last_one_is_always_asked():
    first, second = Scripted("a", ONE, Denied("a", "gone")), Scripted("b", ONE, Denied("b", "gone"))
    chain, _ = chained(first, second)
    with pytest.raises(NobodyAnswers):
        await chain.embed(texts(1))
    await chain.embed(texts(1))
    assert (len(first.asked), len(second.asked)) == (1, 2)


async def test_a_text_that_is_refused_is_no_failure_of_the_provider():
    class Choosy(Scripted):
        async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
            if "bad" in texts:
                raise TooMuch(self.name, "too long")
            return await super().embed(texts, purpose)

    chain, told = chained(Choosy("a", ONE), Scripted("b", OTHER))
    with pytest.raises(TextsRefused) as refused:
        await chain.embed(["good", "bad"])
    assert (list(refused.value.refused), list(refused.value.done), told) == ([1], [0], [])


async def test_a_request_that_is_never_answered_is_given_up():
    class Silent(Scripted):
        async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
            raise TimeoutError

    chain, told = chained(Silent("a", ONE), Scripted("b", ONE))
    assert (await chain.embed(texts(1), patience=Patience(1, 5))).provider == "b"
    assert isinstance(told[0], Later)


async def test_requests_hold_what_a_provider_takes_and_the_caller_wants():
    provider = Scripted("a", ONE)
    chain, _ = chained(provider)
    await chain.embed(texts(9), batch=3)
    await chain.embed(texts(9), batch=100)
    assert [len(some) for some in provider.asked] == [3, 3, 3, 4, 4, 1]


async def test_nothing_is_nothing_and_an_empty_text_is_refused():
    chain, _ = chained(Scripted("a", ONE))
    assert (await chain.embed([])).vectors.shape == (0, 8)
    with pytest.raises(ValueError, match="text 1 is empty"):
        await chain.embed(["a", " "])
