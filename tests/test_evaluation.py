"""Measures: each against a value worked out by hand, or against its extremes."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.corpora import Agreement, Pair
from seq2seq_lib.evaluation import (
    agreement_accuracy,
    alignment,
    alignment_error_rate,
    bleu,
    by_length,
    chrf,
    compare,
    diagonal_links,
    evaluate,
    exact_match,
    hard_links,
)
from seq2seq_lib.memory import Decoded, Memory, State
from seq2seq_lib.metrics import tokenised_bleu
from seq2seq_lib.models import build
from seq2seq_lib.vocabulary import EOS, Vocabularies

REFERENCES = ["Le petit chat noir dort\u202f.", "L'arbre est-il grand\u202f?"]
LEXICON = {
    "the": "le", "cat": "chat", "dog": "chien", "sleeps": "dort", "eats": "mange",
    "small": "petit", ".": ".",
}  # fmt: skip


def pair(text: str, **other) -> Pair:
    """Word for word, in reverse order: the links are known, and they are not the diagonal."""
    source = tuple(text.split())
    last = len(source) - 1
    return Pair(
        source,
        tuple(LEXICON[word] for word in reversed(source)),
        tuple((place, last - place) for place in range(len(source))),
        **other,
    )


PAIRS = [
    pair("the cat sleeps ."),
    pair("the small dog eats ."),
    pair("the dog eats the small cat ."),
    pair("the small small small dog sleeps the small small cat ."),
]
VOCABULARIES = Vocabularies.build(PAIRS)


@dataclass(frozen=True)
class Place(State):
    """How far a sentence has come."""

    place: torch.Tensor


class Mirror(nn.Module):
    """A model that translates `PAIRS` perfectly: it looks at the source from its end.

    `shift` makes it look that many words to the right of the word it translates.
    """

    def __init__(self, vocabularies: Vocabularies = VOCABULARIES, shift: int = 0) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.size, self.shift = len(vocabularies.target), shift
        numbers = [
            vocabularies.target.encode([LEXICON.get(t, t)]) for t in vocabularies.source.tokens
        ]
        numbers[EOS] = [EOS]
        self.register_buffer("lexicon", torch.tensor(numbers)[:, 0])

    def encode(self, source, mask):
        assert not self.training, "the measures are for a model in eval mode"
        assert not torch.is_grad_enabled()
        return Memory(mask, values=source[..., None]), Place(torch.zeros(len(source)).long())

    def decode(self, tokens, state, memory):
        places = state.place[:, None] + torch.arange(tokens.shape[1])
        end = memory.mask.sum(1, keepdim=True) - 1
        looked = torch.where(places < end, end - 1 - places, end)
        words = self.lexicon[memory.values[..., 0].gather(1, looked.clamp(min=0))]
        logits = nn.functional.one_hot(words, self.size).float() * 20
        seen = (looked + self.shift).clamp(min=0, max=memory.mask.shape[1] - 1)
        attention = nn.functional.one_hot(seen, memory.mask.shape[1]).float()
        return Decoded(logits, Place(state.place + tokens.shape[1]), attention)


def untrained(context: str = "luong", score: str | None = "dot"):
    config = RecurrentConfig(
        source_size=len(VOCABULARIES.source),
        target_size=len(VOCABULARIES.target),
        embedding=8, width=8, context=context, score=score,
    )  # fmt: skip
    return build(config, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("measure", [bleu, chrf])
def test_a_perfect_translation_scores_100_and_another_0(measure):
    assert measure(REFERENCES, REFERENCES).value == pytest.approx(100)
    assert measure(["xyz", "qqq"], REFERENCES).value == pytest.approx(0, abs=0.01)


def test_bleu_is_the_formula_of_the_paper():
    # 1 to 4 words in a row: 5/6, 3/5, 1/4 and, smoothed, 1/(2·3); as long as the reference.
    found = bleu(["a b c x e f"], ["a b c d e f"])
    assert found.value == pytest.approx(100 * (5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** 0.25)
    # All right but too short: exp(1 - 6/4).
    assert bleu(["a b c d"], ["a b c d e f"]).value == pytest.approx(100 * 2.718281828**-0.5)


def test_signatures_say_how():
    assert "tok:13a" in bleu(REFERENCES, REFERENCES).signature
    assert "nc:6" in chrf(REFERENCES, REFERENCES).signature


def test_french_words_are_counted_as_the_docstring_says():
    # One reference of four tokens, L'arbre est-il grand ?, of which one is wrong.
    found = bleu(["Un'arbre est-il grand ?"], ["L'arbre est-il grand\u202f?"])
    assert found.value == pytest.approx(100 * (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** 0.25)


@pytest.mark.parametrize("measure", [bleu, chrf, exact_match, alignment_error_rate])
def test_unequal_numbers_and_nothing_are_errors(measure):
    name = measure.__name__
    with pytest.raises(ValueError, match=f"{name}: wanted as many .* got 1 and 2"):
        measure(["a"], ["a", "b"])
    with pytest.raises(ValueError, match=f"{name}: wanted at least one sentence, got none"):
        measure([], [])


def test_exact_match_counts():
    found = exact_match([("a",), ("b", "c"), ("d",)], [("a",), ("b",), ("d",)])
    assert (found.value, found.count) == (2 / 3, 3)


def test_buckets_hold_each_sentence_once_and_empty_ones_are_left_out():
    lengths = [3, 6, 7, 30]
    hypotheses = ["a b c d", "x", "a b c d", "a b c d"]
    references = ["a b c d"] * 4
    found = by_length(lengths, hypotheses, references)
    assert [(bucket.name, bucket.count) for bucket in found] == [
        ("3–6", 2),
        ("7–10", 1),
        ("26–45", 1),
    ]
    assert found[0].bleu < 60 and [bucket.bleu for bucket in found[1:]] == pytest.approx([100, 100])


@pytest.mark.parametrize("length", [2, 46])
def test_a_length_outside_all_buckets_is_an_error(length):
    with pytest.raises(ValueError, match=f"wanted lengths within .* got {length}"):
        by_length([5, length], ["a", "b"], ["a", "b"])


def test_evaluating_a_perfect_model():
    model = Mirror()
    found = evaluate(model, PAIRS, VOCABULARIES)
    assert found.hypotheses == tuple(pair.target for pair in PAIRS)
    assert found.bleu.value == pytest.approx(100) and found.chrf.value == pytest.approx(100)
    assert (found.exact.value, found.exact.count) == (1.0, 4)
    assert [bucket.count for bucket in found.buckets] == [2, 1, 1]
    assert model.training


def test_evaluating_nothing_is_an_error():
    with pytest.raises(ValueError, match="evaluate: wanted at least one pair, got none"):
        evaluate(Mirror(), [], VOCABULARIES)


def test_the_alignment_error_rate_is_och_and_neys():
    gold = [{(0, 0), (1, 1), (2, 2)}, {(0, 0)}]
    assert alignment_error_rate(gold, gold) == 0
    assert alignment_error_rate([{(0, 1)}, {(1, 0)}], gold) == 1
    # |A| = 3, |S| = |P| = 4, two in common: 1 - (2 + 2) / (3 + 4).
    assert alignment_error_rate([{(0, 0), (1, 1), (0, 2)}, set()], gold) == pytest.approx(3 / 7)


def test_no_links_at_all_are_an_error():
    with pytest.raises(ValueError, match="wanted at least one link"):
        alignment_error_rate([set()], [set()])


def test_hard_links_leave_out_the_end_and_break_ties_to_the_left():
    attention = torch.tensor(
        [
            [0.1, 0.2, 0.7],  # mostly at <eos>: of the words, the second
            [0.4, 0.4, 0.2],  # equal: the left one
            [1.0, 0.0, 0.0],  # the row of the target's <eos>
        ]
    )
    assert hard_links(attention, 2, 2) == {(1, 0), (0, 1)}


@pytest.mark.parametrize("words", [(4, 3), (3, 4)])
def test_hard_links_want_a_row_and_a_column_for_each_word(words):
    with pytest.raises(ValueError, match=r"hard_links: wanted attention .* got shape \(3, 3\)"):
        hard_links(torch.zeros(3, 3), *words)


def test_hard_links_and_diagonals_want_words():
    with pytest.raises(ValueError, match="hard_links: wanted words on both sides, got 0 and 1"):
        hard_links(torch.zeros(3, 3), 0, 1)
    with pytest.raises(ValueError, match="diagonal_links: wanted words on both sides, got 1 and 0"):
        diagonal_links(1, 0)


def test_the_diagonal_goes_from_corner_to_corner():
    assert diagonal_links(4, 4) == {(place, place) for place in range(4)}
    assert diagonal_links(2, 4) == {(0, 0), (0, 1), (1, 2), (1, 3)}
    assert diagonal_links(5, 2) == {(1, 0), (3, 1)}
    for source in range(1, 9):
        for target in range(1, 9):
            links = {
                (source - 1 - left, target - 1 - right)
                for left, right in diagonal_links(source, target)
            }
            assert all(0 <= left < source for left, _ in links) and len(links) == target


def test_a_perfect_attention_has_no_error_and_the_controls_do():
    generator = torch.Generator().manual_seed(0)
    found = alignment(Mirror(), PAIRS, VOCABULARIES, generator=generator)
    assert found.attention == 0
    # Reversed: only the middle word of a sentence of odd length is on the diagonal.
    assert found.diagonal == pytest.approx(1 - 3 / 27)
    assert 0.5 < found.shuffled < 1


def test_an_attention_one_word_off_is_all_wrong():
    generator = torch.Generator().manual_seed(0)
    found = alignment(Mirror(shift=1), PAIRS, VOCABULARIES, generator=generator)
    # One to the right; the last word's look goes to <eos>, and the first of equals is the first.
    assert found.attention == 1.0


def test_alignment_of_a_model_that_does_not_attend_is_an_error():
    model = untrained("first state", None)
    with pytest.raises(ValueError, match="wanted a model that gives attention, this one gives non"):
        alignment(model, PAIRS, VOCABULARIES, generator=torch.Generator())


def test_agreement_counts_sites_where_the_right_form_wins():
    sites = (
        Agreement(0, (".", "zzz")),  # equal to the right form: not a rival
        Agreement(1, ("chat", "zzz")),  # right: one known rival, one unknown
        Agreement(2, ("zzz",)),  # no known rival: not counted
    )
    right = pair("the cat sleeps .", agreement=sites)
    assert agreement_accuracy(Mirror(), [right], VOCABULARIES).count == 1
    assert agreement_accuracy(Mirror(), [right], VOCABULARIES).value == 1.0
    # The same source whose reference has other words: the model's own word is the rival.
    wrong = Pair(
        right.source,
        ("chat", "dort", "dort", "le"),
        (),
        (),
        (Agreement(1, ("le",)), Agreement(2, ("chat",))),
    )
    found = agreement_accuracy(Mirror(), [wrong, right], VOCABULARIES)
    assert (found.value, found.count) == (2 / 3, 3)


def test_a_tie_is_not_agreement():
    model = Mirror()
    decode = model.decode
    model.decode = lambda *parts: Decoded(decode(*parts).logits * 0, decode(*parts).state)
    site = pair("the cat sleeps .", agreement=(Agreement(1, ("chat",)),))
    assert agreement_accuracy(model, [site], VOCABULARIES).value == 0.0


def test_agreement_depends_on_what_was_said_before_and_not_after():
    """At a site the scores are those of a model fed the reference up to it, batch or no batch."""
    model = untrained().eval()
    sites = [
        Pair(
            one.source,
            one.target,
            (),
            (),
            tuple(Agreement(place, ("chat", "mange", "le")) for place in range(len(one.target))),
        )
        for one in PAIRS
    ]
    together = agreement_accuracy(model, sites, VOCABULARIES)
    alone = [agreement_accuracy(model, [site], VOCABULARIES) for site in sites]
    assert together.count == sum(found.count for found in alone) == 27
    assert together.value == pytest.approx(sum(found.value * found.count for found in alone) / 27)
    assert 0 < together.value < 1


def test_no_site_to_count_is_an_error():
    with pytest.raises(ValueError, match="wanted at least one place with a known rival"):
        agreement_accuracy(Mirror(), PAIRS, VOCABULARIES)


def test_all_references_of_a_sentence_count() -> None:
    said = ["il fait une promenade.", "je suis presque prête."]
    one = ["il se promène.", "je suis presque prêt."]
    several = [("il se promène.", "il fait une promenade."), ("je suis presque prête.",)]
    assert bleu(said, one).value < 50
    assert bleu(said, several).value == pytest.approx(100)
    assert chrf(said, several).value == pytest.approx(100)
    assert "nrefs:var" in bleu(said, several).signature
    # One in a list is one.
    assert bleu(said, [[text] for text in one]) == bleu(said, one)
    with pytest.raises(ValueError, match="bleu: wanted at least one reference for each sentence"):
        bleu(said, [one, ()])


def test_a_pair_s_own_references_are_what_it_is_compared_with() -> None:
    walk = ("he", "goes", "for", "a", "walk", ".")
    pairs = [
        Pair(("run", "!"), tuple("cours donc , toi !".split()), references=("Va donc, toi !",)),
        Pair(
            walk,
            tuple("il se promène un peu .".split()),
            references=("Il se promène un peu.", "Il fait une promenade."),
        ),
    ]
    said = ["va donc , toi !".split(), "il fait une promenade .".split()]
    report = compare(pairs, said, lengths=((1, 2), (3, 9)))
    assert report.bleu.value == pytest.approx(100) and report.exact.value == 0
    assert [(bucket.name, bucket.count) for bucket in report.buckets] == [("1–2", 1), ("3–9", 1)]
    bare = [Pair(pair.source, pair.target) for pair in pairs]
    assert compare(bare, said, lengths=((1, 9),)).bleu.value < 50


def test_letters_case_can_be_left_out() -> None:
    small = [text.lower() for text in REFERENCES]
    assert bleu(REFERENCES, small).value < 100 > chrf(REFERENCES, small).value
    for score in (bleu(REFERENCES, small, lower=True), chrf(REFERENCES, small, lower=True)):
        assert score.value == pytest.approx(100) and "case:lc" in score.signature
    pairs = [Pair(p.source, p.target, references=(" ".join(p.target).upper(),)) for p in PAIRS]
    said = [pair.target for pair in pairs]
    assert compare(pairs, said).bleu.value < 100
    report = compare(pairs, said, lower=True)
    assert report.bleu.value == pytest.approx(100) == report.buckets[0].bleu


def test_bleu_of_tokens_is_another_number() -> None:
    wanted = [["l'", "arbre", "est", "grand", "."], ["le", "chat", "dort", "bien", "."]]
    said = [["L'", "arbre", "est", "haut", "."], ["le", "chat", "dort", "bien", "."]]
    score = tokenised_bleu(said, [[each] for each in wanted])
    # Matches of 10, 8, 6, 4 n-grams: 9, 6, 4, 2.
    by_hand = 100 * (9 / 10 * 6 / 8 * 4 / 6 * 2 / 4) ** 0.25
    assert score.value == pytest.approx(by_hand)
    assert "tok:none" in score.signature and "case:lc" in score.signature
    either = tokenised_bleu(said, [[wanted[0], said[0]], [wanted[1]]])
    assert either.value == pytest.approx(100)
