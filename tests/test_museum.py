"""The bug museum: its exhibit, the judging of tests, and its table of laws."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from seq2seq_lib.checks.registry import Mistake
from seq2seq_lib.checks.trials import Case, judge
from seq2seq_lib.experiments import museum
from seq2seq_lib.vocabulary import EOS
from tests import laws, test_planted_bugs

CHAPTER = Path(__file__).resolve().parent.parent / "chapters" / "source" / "14_bug_museum.md"


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_target_has_the_letters_of_its_source_and_every_way_to_write_them() -> None:
    pairs = museum.draw(400, generator(), shortest=3, longest=5)
    assert {len(pair.target) for pair in pairs} == {3, 4, 5}
    for pair in pairs:
        assert pair.source[-1] == EOS
        assert museum.letters(pair.target) == [token - 4 for token in pair.source[:-1]]
    assert {token for pair in pairs for token in pair.target} == set(range(4, 20))


def test_the_floor_is_the_loss_of_who_knows_all_but_the_coins() -> None:
    pairs = museum.unseen(50)
    _, targets, mask = museum.shift([pair.target for pair in pairs])
    logits = torch.full((*targets.shape, 20), -torch.inf)
    for way in (targets, torch.where(targets > EOS, 4 + (targets - 4).bitwise_xor(1), targets)):
        logits.scatter_(2, way[:, :, None], 0.0)
    assert_close(museum.RIGHT.loss(logits, targets, mask).item(), museum.floor(pairs))
    (three,) = museum.draw(1, generator(), shortest=3, longest=3)
    assert math.isclose(museum.floor([three]), 3 * math.log(2) / 4)


def test_the_parts_are_right_by_the_worked_tests() -> None:
    from tests.exercise_audit import _solution

    _solution("14.1")(lambda rows: museum.shift([tuple(row) for row in rows]))
    _solution("14.2")(lambda q, v, mask: museum.attend(q @ v.mT, v, mask))
    _solution("14.6")(museum.RIGHT.loss)


def test_an_untrained_translator_obeys_the_laws() -> None:
    model, told = museum.train(museum.RIGHT, 0, steps=0)
    assert told == [] and not model.training
    pairs = museum.unseen(40)
    mixed, alike = museum.mixed(pairs, 16), museum.alike(pairs)
    assert [len(batch) for batch in mixed] == [16, 16, 8]
    assert sum(map(len, alike)) == 40
    assert all(len({len(pair.source) for pair in batch}) == 1 for batch in alike)
    assert_close(museum.told(model, mixed), museum.told(model, alike), rtol=1e-5, atol=1e-5)
    other = [replace(pair, target=(*pair.target[:-1], 4)) for pair in alike[-1]]
    cut = len(other[0].target)
    before = museum.logits(model, alike[-1])[:, :cut]
    assert_close(museum.logits(model, other)[:, :cut], before)


def test_the_same_seed_gives_the_same_run() -> None:
    before = torch.get_rng_state()
    first, told = museum.train(museum.RIGHT, 3, steps=3)
    assert museum.train(museum.RIGHT, 3, steps=3)[1] == told
    assert museum.train(museum.RIGHT, 4, steps=3)[1] != told
    assert torch.equal(before, torch.get_rng_state())
    assert len(told) == 3 and told[0] == pytest.approx(math.log(20), abs=0.6)


def test_what_is_written_ends_at_eos_and_is_compared_by_letters() -> None:
    pairs = museum.unseen(6)

    def says(source: torch.Tensor, mask: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        places = torch.full((len(source),), inputs.shape[1] - 1)
        token = source[torch.arange(len(source)), places.clamp(max=source.shape[1] - 1)]
        following = torch.where(token > EOS, 4 + 2 * (token - 4), EOS)
        return torch.nn.functional.one_hot(following, 20)[:, None].float()

    assert museum.write(says, pairs)[0] == [token - token % 2 for token in pairs[0].target]
    assert museum.right(says, [pairs]) == 1.0
    assert museum.right(says, [[replace(pairs[0], target=(4, 4, 4, 4))]]) == 0.0


def _right():
    return [Case("adds", lambda: lambda a, b: a + b), Case("adds too", lambda: lambda a, b: b + a)]


def _broken():
    faults = {"it takes away": lambda a, b: a - b, "it gives nothing": lambda a, b: 0}
    return [Case(name, lambda fault=fault: fault) for name, fault in faults.items()]


def _asserts(truth):
    def test(add):
        assert truth(add), "a reason"

    return test


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (_asserts(lambda add: True), "passes everything, 2 broken ones too.*; look"),
        (_asserts(lambda add: add(1, 0)), "lets the bug through when it takes away"),
        (_asserts(lambda add: add(1, 1) == 3), r"refuses a right one too, one that adds \(a reas"),
        (lambda add: add(1), "another reason than an assertion: TypeError: "),
        (lambda add: add(1, 1) == 2, "returns bool and leaves the judging"),
    ],
)
def test_a_test_is_told_what_is_wrong_with_it(test, message) -> None:
    with pytest.raises(Mistake, match=message):
        judge(test, _right(), _broken(), blind="look")


def test_a_good_test_passes_and_a_stub_stays_one() -> None:
    judge(_asserts(lambda add: add(2, 3) == 5), _right(), _broken(), blind="look")

    def stub(add):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        judge(stub, _right(), _broken(), blind="look")


def test_each_room_names_a_planted_bug_and_the_law_that_catches_it() -> None:
    text = CHAPTER.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| `(\w+)` \| `(\w+)` \|$", text, flags=re.MULTILINE)
    assert [room for room, *_ in rows] == list("1234567")
    planted = {(bug.__name__, law) for bug, _, law in test_planted_bugs.PLANTED}
    assert {(bug, law) for _, bug, law in rows} <= planted
    assert {law for *_, law in rows} <= set(laws.LAWS)
