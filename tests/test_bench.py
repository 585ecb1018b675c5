"""`make bench`: rounds are taken in turn, medians are medians, and the peers do the same work."""

from dataclasses import replace

import pytest
import torch

from bench import footprint, peers, tutorial
from bench.__main__ import PARTS, arguments, main
from bench.races import AIMS, GENERATE, LOOP, OURS, SORTED, TRAINED, school, translators
from bench.timing import Race, Row, clock, race, rows, table
from bench.work import Settings, Work, ours, training
from seq2seq_lib.batching import Example, collate
from seq2seq_lib.search import greedy
from seq2seq_lib.training import mean_loss
from seq2seq_lib.vocabulary import EOS

SECONDS = 40.0
TINY = Settings(
    embedding=8, width=8, transformer=8, layers=1, heads=2, tokens=96, batches=2, sentences=3,
    schooling=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def work() -> Work:
    """The shipped corpus, and models of a few numbers."""
    return Work.prepare(TINY)


class Watch:
    """A clock that only moves when work is done, and remembers who did it."""

    def __init__(self) -> None:
        self.now, self.log = 0.0, []

    def __call__(self) -> float:
        return self.now

    def entrant(self, name: str, seconds):
        """Does 12 units in `seconds(round)`; round 0 is the one that is not measured."""

        def work() -> int:
            self.now += seconds(sum(done == name for done in self.log))
            self.log.append(name)
            return 12

        return work


def test_rounds_are_taken_in_turn_each_begun_by_another():
    watch = Watch()
    race({name: watch.entrant(name, lambda _: 1.0) for name in "abc"}, 5, watch)
    assert "".join(watch.log) == "abc" + "abc" + "bca" + "cab" + "abc" + "bca"


def test_a_slow_round_and_a_slow_start_change_no_ratio():
    watch = Watch()
    slow = {0: 100.0, 2: 50.0, 3: 9.0}  # the machine is busy, for both
    result = race(
        {
            "ours": watch.entrant("ours", lambda number: 2.0 * slow.get(number, 1.0)),
            "other": watch.entrant("other", lambda number: 6.0 * slow.get(number, 1.0)),
        },
        5,
        watch,
    )
    assert result.ratios("ours", "other") == pytest.approx([3.0] * 5)
    assert result.rate("ours") == 6.0 and result.rate("other") == 2.0


def test_medians_are_of_the_rounds_ratios():
    result = Race({"a": [1.0, 10.0, 4.0, 4.0, 4.0], "b": [1.0, 2.0, 1.0, 4.0, 8.0]})
    assert result.ratios("a", "b") == [1.0, 5.0, 4.0, 1.0, 0.5]
    assert result.ratio("a", "b") == 1.0 and result.rate("a") / result.rate("b") == 2.0
    assert result.best(["a", "b"]) == "a"


def test_a_race_without_rounds_or_work_is_refused():
    watch = Watch()
    with pytest.raises(ValueError, match="wanted at least 5 for a median, got 4"):
        race({"a": watch.entrant("a", lambda _: 1.0)}, 4, watch)
    with pytest.raises(ValueError, match="a: wanted work that takes time, got 12 in 0.0 s"):
        race({"a": watch.entrant("a", lambda _: 0.0)}, 5, watch)
    with pytest.raises(ValueError, match="a: wanted work that takes time, got 0"):
        race({"a": lambda: 0}, 5, clock(2))


def test_the_best_peer_comes_first_and_carries_the_aim():
    result = Race({"ours": [6.0] * 5, "slow": [1.0] * 5, "fast": [4.0] * 5})
    first, second = rows("speed", result, "ours", {"": 2.0})
    assert (first.peer, first.ratio, first.aim) == ("fast (best)", 1.5, "≥ 2")
    assert (second.peer, second.ratio, second.aim) == ("slow", 6.0, "")
    assert (first.verdict, second.verdict) == ("not met", "")
    (_, loop) = rows("speed", result, "ours", {"slow": 5.0})
    assert loop.verdict == "met"
    least = Row("padding", "4%", "–", "", [0.04], 0.05, most=True)
    assert (least.aim, least.verdict) == ("≤ 0.05", "met")
    lines = table([first, second, least]).splitlines()
    assert len(lines) == 5 and {line.count("|") for line in lines} == {9}
    assert "| 1.50 | 1.50 – 1.50 | ≥ 2 | not met |" in lines[2]


def test_both_sides_have_the_same_sentences_in_as_many_updates(work):
    assert len(work.sorted) == len(work.unsorted) == TINY.batches

    def sentences(side) -> list:
        return sorted(tuple(row.tolist()) for batch in side
                      for row in (part[part > 0] for part in batch.source))  # fmt: skip

    assert sentences(work.sorted) == sentences(work.unsorted)
    assert all(len(batch.source) * batch.source.shape[1] <= TINY.tokens for batch in work.sorted)
    with pytest.raises(ValueError, match="batches: wanted from 1 to"):
        Work.prepare(Settings(batches=10**6))


def test_a_bounded_vocabulary_keeps_the_most_frequent_words(work):
    few = Work.prepare(replace(TINY, vocabulary=50))
    for bounded, whole in zip(
        (few.vocabularies.source, few.vocabularies.target),
        (work.vocabularies.source, work.vocabularies.target),
        strict=True,
    ):
        assert bounded.tokens == whole.tokens[:50]


@pytest.mark.parametrize(
    ("context", "manners"),
    [
        ("every step", (tutorial.word_by_word, tutorial.projected_once)),
        ("bahdanau", (tutorial.word_by_word, tutorial.projected_once)),
        ("luong", (tutorial.word_by_word,)),
    ],
)
def test_the_tutorial_manners_are_the_same_model_where_nothing_is_padded(work, context, manners):
    model = work.model(work.recurrent(context))
    even = collate([Example((5, 6, 7, EOS), (8, 9)), Example((9, 8, 5, EOS), (6, 4))])
    wanted = ours(model)(even)
    for manner in manners:
        torch.testing.assert_close(manner(model)(even), wanted)
    ragged = collate([Example((5, 6, 7, EOS), (8, 9)), Example((9, EOS), (6, 4))])
    apart = tutorial.word_by_word(model)(ragged) - ours(model)(ragged)
    assert apart.abs() > 1e-6  # the encoder has read the padding


@pytest.mark.parametrize("kind", ["recurrent", "transformer"])
def test_the_loop_finds_what_the_library_finds(work, kind):
    config = work.transformer() if kind == "transformer" else work.recurrent("bahdanau")
    model = work.model(config).eval()
    with torch.no_grad():
        model.writer.output.weight.mul_(4)
    for sentence in ([5, 6, 7, EOS], [9, EOS]):
        source = torch.tensor([sentence])
        (found,) = greedy(model, source, torch.ones_like(source, dtype=torch.bool))
        limit = 2 * len(sentence) + 10
        assert tutorial.translate(model, sentence, 1)[: limit - 1] == list(found.tokens)


def test_a_wider_loop_finds_nothing_less_likely(work):
    model = work.model(work.transformer()).eval()
    sentence, totals = [5, 6, EOS], []
    for width in (1, 4):
        said = [*tutorial.translate(model, sentence, width), EOS]
        ahead, words, total = tutorial.Ahead(model, torch.tensor([sentence])), [2], 0.0
        for word in said:
            total += ahead.scores(words, None)[0][word].item()
            words.append(word)
        totals.append(total / len(said))
    assert totals[1] >= totals[0] - 1e-6


def test_hugging_faces_loss_is_the_librarys(work):
    model = work.model(work.transformer())
    other, loss = peers.by_hugging_face(model)
    for batch in work.unsorted:
        torch.testing.assert_close(loss(batch), ours(model)(batch))
    own, _ = peers.by_torch(work.transformer())
    sizes = [sum(weight.numel() for weight in one.parameters() if weight.requires_grad)
             for one in (model, own, other)]  # fmt: skip
    assert sizes[1] - sizes[0] == 2 * 2 * TINY.transformer  # torch ends each stack in a norm
    assert sizes[0] - sizes[2] == len(work.vocabularies.target)  # theirs is no parameter


@pytest.mark.parametrize("name", TRAINED)
def test_every_entrant_counts_the_same_tokens_and_learns(work, name):
    for entrant, (model, loss, batching) in TRAINED[name](work).items():
        batches = work.sorted if batching == "sorted" else work.unsorted
        go = training(model, loss, batches, fused=entrant == OURS)
        before = loss(batches[0]).item()
        tokens = {go() for _ in range(4)}
        assert tokens == {sum(batch.tokens for batch in work.sorted)}, entrant
        assert loss(batches[0]).item() < before, entrant
    assert name in AIMS


def test_translators_of_one_model_say_the_same(work):
    model = work.model(work.transformer()).eval()
    few = replace(work, settings=replace(work.settings, together=2))  # so that batches are joined
    sentences = [pair.source for pair in work.splits.test[:5]]
    limit = 2 * min(map(len, sentences)) + 10
    said = {way: go() for way, go in translators(few, model, 1, sentences).items()}
    assert {OURS, LOOP, GENERATE, SORTED} == set(said)
    for way, found in said.items():
        assert set(found) == set(range(5)), way
        # Beyond the shortest limit, which an untrained model reaches, they differ.
        for place, words in found.items():
            assert words[: limit - 1] == said[OURS][place][: limit - 1], way


def test_the_loop_takes_some_of_many(work):
    model = work.model(work.recurrent("bahdanau")).eval()
    sentences = [pair.source for pair in work.splits.test[:45]]
    said = translators(work, model, 1, sentences)[LOOP]()
    assert set(said) == set(range(0, 45, 2))


def test_a_schooled_model_knows_more(work):
    schooled = replace(work, settings=replace(work.settings, schooling=5, tokens=300))
    model = work.model(work.recurrent("bahdanau"))
    before = mean_loss(model, work.sorted)
    assert mean_loss(school(schooled, model), work.sorted) < before - 0.5
    assert not model.training


def test_padding_is_counted_by_hand():
    examples = [Example((5, 5, EOS), (6,)), Example((5, EOS), (6, 6, 6)), Example((EOS,), (6,))]
    assert footprint.waste(examples, [[0, 1], [2]]) == pytest.approx(1 - 14 / 17)
    assert footprint.waste(examples, [[0], [1], [2]]) == 0


def test_a_child_that_fails_says_why():
    assert footprint.child("print(1)\nprint('two')") == "two"
    with pytest.raises(RuntimeError, match="a measurement failed: ValueError: no"):
        footprint.child("raise ValueError('no')")


def test_a_peak_of_before_is_not_counted():
    if not footprint.forget_peak():
        pytest.skip("this system does not let a process forget its peak")
    program = (
        "from bench.footprint import forget_peak, highest\n"
        "block = bytearray(b'x') * 300_000_000; del block\n"
        "before = highest(); forget_peak(); print(before - highest())"
    )
    assert int(footprint.child(program)) > 250e6


def test_the_table_comes_out(capsys):
    sizes = ("embedding", "width", "transformer", "layers", "heads", "tokens", "batches")
    words = [f"--{name}={getattr(TINY, name)}" for name in sizes]
    main([*words, "--only", "training fixed context"])
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert sum("training, fixed context" in line for line in lines) == 2
    assert "(best)" in lines[2] and "≥ 2 |" in lines[2]
    assert "vocabularies of 1671 and 3362" in told.out
    assert told.err.startswith("training fixed context …")
    assert arguments([]).only == PARTS
