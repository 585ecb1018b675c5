"""Probes: a linear reader of contexts, held to its definition."""

import pytest
import torch

from seq2seq_lib import probes
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.corpora import Pair
from seq2seq_lib.models import build
from seq2seq_lib.vocabulary import EOS, Vocabularies

WORDS = "a b c d e f".split()


def sentences(count: int, seed: int, longest: int = 4) -> list[Pair]:
    generator = torch.Generator().manual_seed(seed)

    def whole(low: int, high: int) -> int:
        return int(torch.randint(low, high, (1,), generator=generator))

    made = []
    for _ in range(count):
        words = tuple(WORDS[whole(0, len(WORDS))] for _ in range(whole(1, longest + 1)))
        made.append(Pair(words, words))
    return made


@pytest.fixture(scope="module")
def reader():
    pairs = sentences(600, seed=0)
    vocabularies = Vocabularies.build(pairs)
    sizes = len(vocabularies.source), len(vocabularies.target)
    config = RecurrentConfig(source_size=sizes[0], target_size=sizes[1], embedding=8, width=48)
    return build(config, torch.Generator().manual_seed(0)), pairs, vocabularies


def test_a_context_is_that_of_the_sentence_alone_in_the_order_given(reader):
    model, pairs, vocabularies = reader
    found = probes.contexts(model, pairs[:20], vocabularies)
    for row, pair in enumerate(pairs[:20]):
        source = torch.tensor([[*vocabularies.source.encode(pair.source), EOS]])
        alone = model.encode(source, torch.ones_like(source, dtype=torch.bool))[0].context[0]
        torch.testing.assert_close(found[row], alone)


def test_the_discriminant_is_the_likeliest_of_normal_clouds_of_one_shape():
    generator = torch.Generator().manual_seed(1)
    classes = torch.randint(4, (400,), generator=generator)
    centres = 3 * torch.randn(4, 3, generator=generator)
    rows = (centres[classes] + torch.randn(400, 3, generator=generator)).double()
    probe = probes.discriminant(rows, classes, ridge=0.0)
    means = torch.stack([rows[classes == c].mean(0) for c in range(4)])
    spread = rows - means[classes]
    clouds = [
        torch.distributions.MultivariateNormal(mean, spread.T @ spread / 400) for mean in means
    ]
    shares = torch.bincount(classes).double() / 400
    scores = torch.stack([c.log_prob(rows) for c in clouds], 1) + shares.log()
    assert (probe.guess(rows) == scores.argmax(1)).all()
    linear = rows @ probe.weights + probe.offset
    torch.testing.assert_close(linear.log_softmax(1), scores.log_softmax(1))


def test_a_class_that_training_never_showed_is_never_guessed():
    rows = torch.randn(50, 3, generator=torch.Generator().manual_seed(2))
    classes = torch.tensor([1, 4]).repeat(25)
    assert set(probes.discriminant(rows, classes).guess(10 * rows).tolist()) <= {1, 4}


def test_a_wide_state_of_short_sentences_can_be_read_and_shuffled_words_cannot(reader):
    model, pairs, vocabularies = reader
    test = sentences(200, seed=5)
    right = probes.readable(model, pairs, test, vocabularies, places=6)
    assert right.shape == (200, 6)
    there = torch.arange(6) < torch.tensor([len(pair.source) for pair in test])[:, None]
    assert (right.isnan() == ~there).all()
    assert right[:, 0].mean() > 0.7
    contexts = probes.contexts(model, test, vocabularies)
    strangers = test[1:] + test[:1]
    words = torch.tensor([vocabularies.source.encode(pair.source)[0] for pair in strangers])
    probe = probes.discriminant(contexts, words)
    fresh = probes.contexts(model, pairs, vocabularies)
    own = torch.tensor([vocabularies.source.encode(pair.source)[0] for pair in pairs])
    assert (probe.guess(fresh) == own).float().mean() < 0.4


def test_the_majority_never_looks(reader):
    _, _, vocabularies = reader
    training = [Pair(("a", "b"), ("a",)), Pair(("a",), ("a",)), Pair(("c", "d"), ("a",))]
    test = [Pair(("a", "d"), ("a",)), Pair(("c",), ("a",))]
    right = probes.majority(training, test, vocabularies, places=2)
    assert right[:, 0].tolist() == [1.0, 0.0]
    assert right[1, 1].isnan()


def test_errors(reader):
    model, pairs, vocabularies = reader
    with pytest.raises(ValueError, match="wanted at least one pair, got none"):
        probes.contexts(model, [], vocabularies)
    with pytest.raises(ValueError, match=r"got shapes \(2, 3\) and \(3,\)"):
        probes.discriminant(torch.zeros(2, 3), torch.zeros(3, dtype=torch.long))
    attends = RecurrentConfig(
        source_size=len(vocabularies.source),
        target_size=len(vocabularies.target),
        embedding=4,
        width=4,
        context="luong",
        score="dot",
    )
    looking = build(attends, torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="this one has none"):
        probes.contexts(looking, pairs[:2], vocabularies)


def test_influence_is_the_slope_of_the_last_vector():
    """A reader that only weighs each token: its slopes are the weights, whatever the direction."""
    pairs = sentences(5, seed=3, longest=4)
    vocabularies = Vocabularies.build(pairs)
    faded = Fading(len(vocabularies.source))
    longest = [pair for pair in pairs if len(pair.source) == 4]
    found = probes.influence(
        faded, longest, vocabularies, distance=3, generator=torch.Generator().manual_seed(0)
    )
    torch.testing.assert_close(found, torch.tensor([1.0, 0.5, 0.25, 0.125]))
    with pytest.raises(ValueError, match="wanted sources of over 5 tokens, got one of 5"):
        probes.influence(
            faded, longest, vocabularies, distance=5, generator=torch.Generator().manual_seed(0)
        )


class Fading(torch.nn.Module):
    """Each token counts for half of the next one."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(size, 6)

    def reader(self, vectors, mask):
        back = torch.arange(vectors.shape[1]).flip(0)
        outputs = (vectors * 0.5**back[:, None]).cumsum(1)
        return type("Encoded", (), {"outputs": outputs})
