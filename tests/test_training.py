"""Training: it learns, it is a function of its arguments, and it can be stopped at any moment."""

import math
import time
from dataclasses import replace

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from seq2seq_lib import checkpoints
from seq2seq_lib.batching import Example, batches, collate
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.losses import cross_entropy
from seq2seq_lib.models import begin_at_frequencies, build
from seq2seq_lib.schedule import History, Point, TrainingConfig, kl_weight, learning_rate, own_words
from seq2seq_lib.search import greedy
from seq2seq_lib.training import evaluating, mean_loss, train
from seq2seq_lib.vocabulary import EOS
from tests.runs import CONFIG, TRAINING, VALIDATION, fresh, run, same_weights
from tests.variants import TARGET_SIZE, decode_all, make

SECONDS = 15.0


def test_the_learning_rate_rises_and_falls():
    config = TrainingConfig(steps=10, learning_rate=1.0, warmup=0.2)
    rates = [learning_rate(config, step) for step in range(1, 11)]
    assert rates == pytest.approx(
        [1 / 2, 1, 8 / 9, 7 / 9, 6 / 9, 5 / 9, 4 / 9, 3 / 9, 2 / 9, 1 / 9]
    )


def test_a_constant_learning_rate_stays():
    config = TrainingConfig(steps=4, learning_rate=2.0, warmup=0.5, schedule="constant")
    assert [learning_rate(config, step) for step in range(1, 5)] == [1.0, 2.0, 2.0, 2.0]
    config = TrainingConfig(steps=2, learning_rate=2.0, warmup=0.0, schedule="constant")
    assert [learning_rate(config, step) for step in (1, 2)] == [2.0, 2.0]


def test_the_papers_rate_rises_and_falls_with_the_root():
    config = TrainingConfig(
        steps=16, learning_rate=1.0, warmup=0.25, schedule="inverse square root"
    )
    rates = [learning_rate(config, step) for step in (1, 2, 4, 9, 16)]
    assert rates == pytest.approx([1 / 4, 1 / 2, 1, 2 / 3, 1 / 2])


def test_a_cosine_falls_from_the_whole_to_nearly_nothing():
    config = TrainingConfig(steps=4, learning_rate=2.0, warmup=0.25, schedule="cosine")
    rates = [learning_rate(config, step) for step in (1, 2, 3, 4)]
    assert rates == pytest.approx([2.0, 1 + math.cos(math.pi / 4), 1.0, 1 - math.cos(math.pi / 4)])


def test_with_a_budget_the_schedule_runs_over_the_time():
    config = TrainingConfig(steps=10**6, learning_rate=2.0, warmup=0.1, seconds=60.0)
    rates = [learning_rate(config, 7, seconds) for seconds in (0, 3, 6, 33, 60, 61)]
    assert rates == pytest.approx([2e-3, 1, 2, 1, 0, 0], abs=5e-3)
    annealed = TrainingConfig(steps=1, kl_annealing=0.5, own_words=0.4, seconds=10.0)
    assert [kl_weight(annealed, 1, seconds) for seconds in (1.0, 9.0)] == pytest.approx(
        [0.2, 1.0], abs=1e-3
    )
    assert own_words(annealed, 1, 5.0) == pytest.approx(0.2, abs=1e-3)


def test_a_budget_ends_the_run_and_the_last_state_is_looked_at():
    config = TrainingConfig(
        steps=10**6, tokens=60, seconds=1.5, validate_every=10**6, learning_rate=1e-2
    )
    history = run(fresh(), config=config)
    (last,) = history.points
    assert 1.5 <= last.seconds < 15 and 1 < last.step < 10**6
    assert last.learning_rate < 1e-5
    with pytest.raises(ValueError, match="seconds: wanted more than 0, got 0"):
        TrainingConfig(steps=1, seconds=0)


@pytest.mark.parametrize(
    ("curve", "first", "middle", "last"),
    [
        ("linear", 0.001, 0.5, 1.0),
        ("exponential", 0.005, 0.918, 0.993),
        ("inverse sigmoid", 0.007, 0.5, 0.993),
        ("constant", 1.0, 1.0, 1.0),
    ],
)
def test_own_words_rise(curve, first, middle, last):
    config = TrainingConfig(steps=1000, own_words=0.5, own_words_schedule=curve)
    shares = [own_words(config, step) / 0.5 for step in (1, 500, 1000)]
    assert shares == pytest.approx([first, middle, last], abs=5e-4)


def test_the_divergences_weight_rises_and_stays():
    config = TrainingConfig(steps=10, kl_weight=2.0, kl_annealing=0.5)
    assert [kl_weight(config, step) for step in (1, 5, 10)] == pytest.approx([0.4, 2.0, 2.0])
    assert kl_weight(TrainingConfig(steps=10), 1) == 1.0


def test_new_settings_change_no_old_ones_account():
    old = {
        "steps": 5, "tokens": 1536, "learning_rate": 4e-3, "warmup": 0.1, "schedule": "linear",
        "clip": 1.0, "smoothing": 0.0, "validate_every": 100,
    }  # fmt: skip
    assert TrainingConfig(steps=5).to_dict() == old
    assert TrainingConfig(steps=5, own_words=0.2).to_dict() == {**old, "own_words": 0.2}


@pytest.mark.parametrize(
    ("setting", "value", "wanted"),
    [
        ("steps", 0, "a positive whole number"),
        ("tokens", 1.5, "a positive whole number"),
        ("learning_rate", 0, "more than 0"),
        ("clip", -1, "more than 0"),
        ("warmup", 2, "a share from 0 to 1"),
        ("source_weight", -1, "0 or more"),
        ("smoothing", 1, "a share from 0 to below 1"),
        ("schedule", "steps", "one of linear, constant, inverse square root, cosine"),
    ],
)
def test_a_bad_setting_is_named(setting, value, wanted):
    with pytest.raises(ValueError, match=f"{setting}: wanted {wanted}, got {value!r}"):
        TrainingConfig(**{"steps": 10, setting: value})


@pytest.mark.parametrize("name", ["first state, GRU", "bahdanau, additive", "luong, dot"])
def test_it_learns_to_copy(name):
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(4, TARGET_SIZE, (150, 3), generator=generator).tolist()
    examples = [Example((*sentence, EOS), tuple(sentence)) for sentence in words]
    settings = {**make(name).config.to_dict(), "width": 32, "embedding": 16}
    model = build(RecurrentConfig.from_dict(settings), generator)
    config = TrainingConfig(steps=300, tokens=120, learning_rate=2e-2, validate_every=100)
    history = train(
        model, examples[:130], examples[130:], config, generator=generator, progress=False
    )
    assert history.best.validation_loss < 0.7 * history.points[0].training_loss
    batch = collate(examples[130:])
    found = greedy(model, batch.source, batch.source_mask)
    right = sum(
        said.tokens == wanted.target for said, wanted in zip(found, examples[130:], strict=True)
    )
    assert right >= 16, f"{right} of 20 copied"


def test_history_counts_and_the_mean_loss_is_per_token():
    model = fresh()
    history = run(model)
    assert [point.step for point in history.points] == [9, 18, 24]
    assert history.points[-1].learning_rate == learning_rate(CONFIG, 24)
    epochs = 24 / len(batches(TRAINING, tokens=60))
    every = sum(len(example.target) + 1 for example in TRAINING)
    assert history.points[-1].tokens == pytest.approx(epochs * every, rel=0.1)
    total = sum(
        cross_entropy(
            decode_all(model, collate([example]))[2].logits,
            collate([example]).targets,
            collate([example]).target_mask,
            reduction="sum",
        ).item()
        for example in VALIDATION
    )
    tokens = sum(len(example.target) + 1 for example in VALIDATION)
    assert history.best.validation_loss == pytest.approx(total / tokens, rel=1e-9)


def test_the_best_weights_are_kept_not_the_last(tmp_path):
    # So high a learning rate makes the model worse than it was at the first look.
    config = TrainingConfig(
        steps=40, tokens=60, learning_rate=3.0, warmup=1.0, clip=100, validate_every=2
    )
    model = fresh()
    history = run(model, tmp_path, config=config)
    assert history.best.step < history.points[-1].step
    ready = batches(VALIDATION, tokens=60)
    assert mean_loss(model, ready) == history.best.validation_loss
    assert history.points[-1].validation_loss > history.best.validation_loss
    other = fresh()
    checkpoints.load_weights(tmp_path / "best.safetensors", other)
    assert same_weights(model, other)
    assert not model.training


def test_gradients_are_clipped():
    lengths = []

    def note(optimizer, *_):
        gradients = [value.grad for group in optimizer.param_groups for value in group["params"]]
        lengths.append(torch.cat([gradient.flatten() for gradient in gradients]).norm().item())

    hook = register_optimizer_step_pre_hook(note)
    try:
        run(fresh(), config=TrainingConfig(steps=8, tokens=60, clip=0.01))
    finally:
        hook.remove()
    assert lengths == pytest.approx([0.01] * 8, rel=1e-3)


def test_it_depends_on_its_generator_alone_and_leaves_torchs_as_it_was():
    one, other, third = fresh(), fresh(), fresh()
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = run(one)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert run(other) == first
    assert same_weights(one, other)
    assert run(third, seed=4) != first
    assert not same_weights(one, third)


def test_a_directory_changes_nothing(tmp_path):
    one, other = fresh(), fresh()
    assert run(one) == run(other, tmp_path / "new" / "run")
    assert same_weights(one, other)
    assert {path.name for path in (tmp_path / "new" / "run").iterdir()} == {
        "best.safetensors",
        "last.safetensors",
    }


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_its_last_state(tmp_path):
    model = fresh()
    healthy, count = model.decode, 0

    def decode(tokens, state, memory):
        nonlocal count
        count += 1
        decoded = healthy(tokens, state, memory)
        if count == 15:
            decoded.logits.mul_(math.nan)
        return decoded

    model.decode = decode
    with pytest.raises(FloatingPointError, match=r"step 1\d: the training loss is nan: .* keeps"):
        run(model, tmp_path)
    _, content = checkpoints.read(tmp_path / "last.safetensors", kind="run")
    assert content["state"]["step"] == 9


def test_no_examples_are_an_error():
    with pytest.raises(ValueError, match="wanted at least one training example, got none"):
        run(fresh(), training=[])


def test_a_run_begins_at_the_frequencies_if_it_is_told_to():
    config = replace(CONFIG, output_bias="frequencies")
    told, begun, plain = fresh(), fresh(), fresh()
    begin_at_frequencies(begun, TRAINING)
    history = run(told, config=config)
    assert run(begun) == history and same_weights(told, begun)
    assert run(plain) != history
    with pytest.raises(ValueError, match="output_bias: wanted one of as built, frequenc"):
        replace(CONFIG, output_bias="none")


def test_progress_goes_to_stderr_alone(capfd):
    generator = torch.Generator().manual_seed(0)
    train(fresh(), TRAINING, VALIDATION, CONFIG, generator=generator)
    shown = capfd.readouterr()
    assert "0/24" in shown.err and shown.out == ""
    run(fresh())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("training", [True, False])
def test_evaluating_puts_the_model_back(training):
    model = fresh().train(training)
    with pytest.raises(RuntimeError), evaluating(model):
        assert not model.training and not torch.is_grad_enabled()
        raise RuntimeError
    assert model.training is training and torch.is_grad_enabled()


def test_the_best_point_is_the_least_validation_loss():
    points = tuple(Point(step, 1.0, loss, 0.1, 5, 0.0) for step, loss in [(1, 3), (2, 1), (3, 2)])
    assert History(points).best.step == 2


def test_a_budget_of_the_processors_time_does_not_run_while_the_process_waits() -> None:
    """On a shared machine a run gets its time, however long others have theirs."""
    whole = TrainingConfig(steps=10**6, tokens=60, validate_every=10**6, seconds=0.3)

    def slow():
        model = fresh()
        encode = model.encode

        def slowly(source, mask):
            time.sleep(0.02)
            return encode(source, mask)

        model.encode = slowly
        return model

    wall = run(slow(), config=whole).points[-1]
    own = run(slow(), config=replace(whole, clock="processor")).points[-1]
    assert 0.3 <= wall.seconds and 0.3 <= own.seconds < 1
    assert own.step > 1.3 * wall.step


def test_an_unknown_clock_is_an_error() -> None:
    with pytest.raises(ValueError, match="clock: wanted one of wall, processor, got 'sun'"):
        TrainingConfig(steps=1, clock="sun")
    assert "clock" not in TrainingConfig(steps=1).to_dict()
    assert TrainingConfig(steps=1, clock="processor").to_dict()["clock"] == "processor"
