"""The bootstrap: its BLEU is sacrebleu's, its intervals behave, its pairs are paired."""

import pytest
import torch
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

from seq2seq_lib import metrics, significance

REFERENCES = [
    "le chat noir dort .", "elle ne les a pas vus hier .", "un enfant mange une pomme rouge .",
    "nous sommes arrivés avant midi .", "il pleut .", "les vieux livres sont sur la table .",
]  # fmt: skip
GOOD = [
    "le chat noir dort .", "elle ne les a pas vus .", "un enfant mange une pomme .",
    "nous sommes arrivés avant midi .", "il pleut .", "les livres sont sur la vieille table .",
]  # fmt: skip
POOR = [
    "le chien dort .", "elle a vu hier .", "un enfant mange le pain rouge .",
    "nous sommes partis .", "il neige .", "les vieux amis sont sur la table .",
]  # fmt: skip


def drawn(sentences: int, samples: int, seed: int = 0) -> torch.Tensor:
    return significance.draws(sentences, samples, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("said", [GOOD, POOR, REFERENCES, ["rien du tout"] * 6, [""] * 6])
def test_the_sums_give_sacrebleus_score(said):
    found = significance.bleu(significance.counts(said, REFERENCES).sum(0)).item()
    assert found == pytest.approx(metrics.bleu(said, REFERENCES).value, abs=1e-9)


def test_every_sample_gives_sacrebleus_score():
    rows = significance.counts(POOR, REFERENCES)
    times = drawn(6, 40)
    for sample, value in zip(times.long(), significance.bleu(times @ rows), strict=True):
        places = torch.arange(6).repeat_interleave(sample).tolist()
        said, wanted = [POOR[place] for place in places], [REFERENCES[place] for place in places]
        assert value.item() == pytest.approx(metrics.bleu(said, wanted).value, abs=1e-9)


def test_several_references_count_as_in_sacrebleu():
    wanted = [(text, other) for text, other in zip(REFERENCES, POOR, strict=True)]
    found = significance.bleu(significance.counts(GOOD, wanted).sum(0)).item()
    assert found == pytest.approx(metrics.bleu(GOOD, wanted).value, abs=1e-9)


def test_a_draw_has_as_many_sentences_as_the_test_set():
    times = drawn(7, 30)
    assert times.shape == (30, 7)
    assert (times.sum(1) == 7).all() and (times.min(1).values == 0).any()
    assert torch.equal(times, drawn(7, 30)) and not torch.equal(times, drawn(7, 30, 1))


def test_the_middle_leaves_the_tails_out():
    values = torch.arange(1001.0)
    assert significance.middle(values) == pytest.approx((25, 975))
    assert significance.middle(values, 0.5) == pytest.approx((250, 750))
    with pytest.raises(ValueError, match="between 0 and 1"):
        significance.middle(values, 95)


def test_more_sentences_make_a_narrower_interval():
    rows = significance.counts(POOR, REFERENCES)
    low, high = significance.interval(rows, drawn(6, 300))
    many = significance.interval(rows.repeat(16, 1), drawn(96, 300))
    assert high - low > 2.5 * (many[1] - many[0]) > 0


def test_pairing_finds_what_separate_intervals_hide():
    """The two differ in one sentence of each six, always the same way."""
    first, second = list(REFERENCES), list(REFERENCES)
    second[2] = "un enfant mange une pomme verte ."
    rows = [significance.counts(POOR + said, REFERENCES * 2) for said in (first, second)]
    rows = [found.repeat(10, 1) for found in rows]
    times = drawn(120, 300)
    intervals = [significance.interval(found, times) for found in rows]
    assert intervals[0][0] < intervals[1][1]
    found = significance.difference(rows[0], rows[1], times)
    assert found.distinguishable and found.low > 0 and found.wins == 1
    back = significance.difference(rows[1], rows[0], times)
    assert back.distinguishable and back.high < 0 and back.wins == 0
    assert back.value == pytest.approx(-found.value)


def test_equal_systems_differ_by_nothing():
    rows = significance.counts(GOOD, REFERENCES)
    found = significance.difference(rows, rows, drawn(6, 50))
    assert (found.value, found.low, found.high, found.wins) == (0, 0, 0, 0)
    assert not found.distinguishable


def test_it_agrees_with_sacrebleus_own_paired_bootstrap():
    """Its draws are others, so the means and bounds agree as two simulations do."""
    said = {"good": GOOD * 20, "poor": POOR * 20}
    wanted = REFERENCES * 20
    test = PairedTest(
        list(said.items()), {"BLEU": BLEU()}, references=[wanted], test_type="bs", n_samples=1000
    )
    _, scores = test()
    times = drawn(120, 1000)
    for name, theirs in zip(said, scores["BLEU"], strict=True):
        rows = significance.counts(said[name], wanted)
        low, high = significance.interval(rows, times)
        assert significance.bleu(rows.sum(0)).item() == pytest.approx(theirs.score)
        assert (high - low) / 2 == pytest.approx(theirs.ci, rel=0.15)


def test_other_sentences_are_refused():
    rows = significance.counts(GOOD, REFERENCES)
    with pytest.raises(ValueError, match="wanted counts of 5 sentences"):
        significance.interval(rows, drawn(5, 10))
    with pytest.raises(ValueError, match="as many hypotheses"):
        significance.counts(GOOD, REFERENCES[:3])
    with pytest.raises(ValueError, match="at least one of both"):
        drawn(0, 3)
