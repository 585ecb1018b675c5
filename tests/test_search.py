"""Search, against a table of probabilities written by hand, and at its edges."""

import math
from dataclasses import dataclass

import pytest
import torch

from seq2seq_lib import search
from seq2seq_lib.memory import Decoded, Memory, State
from seq2seq_lib.sampling import minimum_bayes_risk, most_agreed, narrow, overlap, sample
from seq2seq_lib.vocabulary import BOS, EOS, SPECIALS, Vocabularies, Vocabulary
from tests.variants import make, random_batch

A, B, C = 4, 5, 6


@dataclass(frozen=True)
class Said(State):
    """The tokens said so far `(batch, steps)`."""

    tokens: torch.Tensor


class Table(torch.nn.Module):
    """A model whose next-token probabilities are looked up by what was said before."""

    def __init__(self, probabilities: dict[tuple[int, ...], dict[int, float]]) -> None:
        super().__init__()
        self.probabilities = probabilities

    def encode(self, source, mask):
        return Memory(mask), Said(source[:, :0])

    def decode(self, tokens, state, memory):
        said = torch.cat([state.tokens, tokens], dim=1)
        logits = torch.full((len(tokens), 1, 7), -math.inf)
        for row, words in enumerate(said[:, 1:].tolist()):
            for token, probability in self.probabilities.get(tuple(words), {EOS: 1.0}).items():
                logits[row, 0, token] = math.log(probability)
        return Decoded(logits, Said(said))


# Greedy takes A (0.5), after which everything is unlikely; B leads to the best sentence; and the
# very best short one is to stop at once after C.
GARDEN_PATH = Table(
    {
        (): {A: 0.5, B: 0.4, C: 0.1},
        (A,): {A: 0.34, B: 0.33, C: 0.33},
        (B,): {B: 0.9, C: 0.1},
        (B, B): {EOS: 1.0},
    }
)
ONE = torch.tensor([[7, EOS]]), torch.ones(1, 2).bool()


def test_greedy_walks_down_the_garden_path_and_a_beam_does_not() -> None:
    (found,) = search.greedy(GARDEN_PATH, *ONE)
    assert found.tokens == (A, A)
    assert found.score == pytest.approx(math.log(0.5 * 0.34))
    ((best, second),) = search.beam(GARDEN_PATH, *ONE, width=2, best=2)
    assert best.tokens == (B, B)
    assert best.score == pytest.approx(math.log(0.4 * 0.9))
    assert second.tokens == (A, A)


def test_a_length_penalty_prefers_the_longer_sentence() -> None:
    model = Table({(): {EOS: 0.5, A: 0.5}, (A,): {A: 1.0}, (A, A): {B: 0.9, C: 0.1}})
    assert search.beam(model, *ONE, width=3)[0][0].tokens == ()
    assert search.beam(model, *ONE, width=3, length_penalty=2.0)[0][0].tokens == (A, A, B)


def test_the_penalty_is_that_of_the_paper() -> None:
    hypothesis = search.Hypothesis((A, B, B), -2.0)
    assert hypothesis.penalised(0.6) == pytest.approx(-2.0 / ((5 + 4) / 6) ** 0.6)


def test_at_the_limit_a_sentence_ends_and_its_end_is_scored() -> None:
    model = Table({words: {A: 0.9, EOS: 0.1} for words in [(), (A,), (A, A), (A, A, A)]})
    (found,) = search.greedy(model, *ONE, limit=3)
    assert found.tokens == (A, A)
    assert found.score == pytest.approx(math.log(0.9 * 0.9 * 0.1))


def test_a_sentence_is_found_the_same_alone_and_in_a_batch() -> None:
    model, batch = make("luong, additive"), random_batch(rows=6)
    together = search.beam(model, batch.source, batch.source_mask, width=3, best=2)
    for row in range(6):
        source = batch.source[row : row + 1, batch.source_mask[row]]
        alone = search.beam(model, source, torch.ones_like(source).bool(), width=3, best=2)
        assert [h.tokens for h in alone[0]] == [h.tokens for h in together[row]]


def test_narrowing_keeps_the_likeliest_and_the_rest_sums_to_one() -> None:
    scores = torch.tensor([[0.4, 0.3, 0.2, 0.1]]).log()
    assert narrow(scores, top_k=2)[0].tolist() == pytest.approx([4 / 7, 3 / 7, 0, 0])
    assert narrow(scores, top_p=0.5)[0].tolist() == pytest.approx([4 / 7, 3 / 7, 0, 0])
    assert narrow(scores, top_p=0.4)[0].tolist() == pytest.approx([1, 0, 0, 0])
    assert narrow(scores, top_p=1.0)[0].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1])


def test_a_cold_sample_is_greedy() -> None:
    drawn = sample(GARDEN_PATH, *ONE, generator=torch.Generator(), temperature=1e-3)
    assert drawn == search.greedy(GARDEN_PATH, *ONE)


def test_overlap_counts_ngrams() -> None:
    assert overlap((A, B, C), (A, B, C)) == 1.0 == overlap((), ())
    assert overlap((A,), ()) == overlap((A, B), (C,)) == 0.0
    # One of two unigrams each; the bigrams differ.
    assert overlap((A, B), (A, C)) == pytest.approx((1 / 2 + 0) / 2)
    assert overlap((A, A, A), (A,)) == pytest.approx((2 / 4 + 0 + 0) / 3)


def test_the_least_risk_is_where_most_agree() -> None:
    drawn = [search.Hypothesis(*h) for h in [((C,), -0.1), ((A, B), -3.0), ((A, B, B), -2.0)]]
    assert most_agreed(drawn).tokens == (A, B, B)
    assert most_agreed([*drawn, drawn[0], drawn[0]]).tokens == (C,)
    assert most_agreed(drawn, lambda found, wanted: -len(found)).tokens == (C,)
    with pytest.raises(ValueError, match="most_agreed: wanted at least one hypothesis, got none"):
        most_agreed([])


def test_minimum_bayes_risk_takes_what_is_drawn_most() -> None:
    # The likeliest sentence, C, has 0.34 alone; of the others, which are much alike, each has less.
    rest = {(A,): {A: 0.5, B: 0.5}, (A, A): {EOS: 1.0}, (A, B): {EOS: 1.0}}
    model = Table({(): {C: 0.34, A: 0.66}, **rest})
    source, mask = (part.repeat(2, 1) for part in ONE)
    generator = torch.Generator().manual_seed(0)
    found = minimum_bayes_risk(model, source, mask, generator=generator, samples=200)
    assert [h.tokens[0] for h in found] == [A, A]
    assert search.beam(model, *ONE, width=4)[0][0].tokens == (C,)
    with pytest.raises(ValueError, match="samples: wanted at least 1, got 0"):
        minimum_bayes_risk(model, source, mask, generator=generator, samples=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: search.beam(GARDEN_PATH, *ONE, width=0), "wanted 1 <= best <= width"),
        (lambda: search.beam(GARDEN_PATH, *ONE, width=2, best=3), "got best 3 and width 2"),
        (
            lambda: search.beam(GARDEN_PATH, *ONE, width=2, length_penalty=-1.0),
            "length_penalty: wanted 0 or more, got -1.0",
        ),
        (lambda: search.greedy(GARDEN_PATH, *ONE, limit=0), "limit: wanted at least 1 token"),
        (
            lambda: sample(GARDEN_PATH, *ONE, generator=torch.Generator(), temperature=0.0),
            "temperature: wanted more than 0, got 0.0",
        ),
        (lambda: narrow(torch.zeros(1, 4), top_k=0), "top_k: wanted at least 1, got 0"),
        (lambda: narrow(torch.zeros(1, 4), top_p=0.0), "top_p: wanted a share above 0"),
        (
            lambda: search.align(make("first state, GRU"), *ONE, torch.tensor([[A]])),
            "align: wanted a model that attends, this one gives no attention",
        ),
    ],
)
def test_bad_calls_are_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_sentences_come_back_in_their_order_and_an_empty_one_is_refused() -> None:
    model = make("luong, dot")
    words = [f"w{number}" for number in range(7)]
    vocabularies = Vocabularies(
        Vocabulary((*SPECIALS, *words)), Vocabulary((*SPECIALS, *words[:5]))
    )
    sentences = [words[:length] for length in (5, 1, 3, 7, 2)]
    together = search.translate(model, sentences, vocabularies, tokens=8)
    alone = [search.translate(model, [sentence], vocabularies)[0] for sentence in sentences]
    assert together == alone
    with pytest.raises(ValueError, match="translate: sentence 1 has no token"):
        search.translate(model, [["w1"], []], vocabularies)


def test_align_gives_the_attention_that_chose_each_token() -> None:
    model, batch = make("luong, general"), random_batch()
    memory, state = model.encode(batch.source, batch.source_mask)
    attention = model.decode(batch.inputs, state, memory).attention
    aligned = search.align(model, batch.source, batch.source_mask, batch.targets)
    assert batch.inputs[0, 0] == BOS
    torch.testing.assert_close(aligned[batch.target_mask], attention[batch.target_mask])
