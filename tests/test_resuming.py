"""A run may be stopped at any moment, and goes on to the same weights."""

import signal
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from seq2seq_lib.batching import batches
from seq2seq_lib.schedule import TrainingConfig
from tests.runs import CONFIG, NAME, TRAINING, VALIDATION, fresh, run, same_weights

SECONDS = 10.0


def interrupt_at(model, call: int, error: BaseException) -> Callable[[], None]:
    """Make the model raise at its n-th reading. Give what makes it well again."""
    healthy, count = model.encode, 0

    def encode(source, mask):
        nonlocal count
        count += 1
        if count == call:
            # Dropout has already moved the generator when the step is cut off.
            healthy(source, mask)
            raise error
        return healthy(source, mask)

    model.encode = encode
    return lambda: setattr(model, "encode", healthy)


PER_EPOCH = len(batches(TRAINING, tokens=60))
PER_LOOK = len(batches(VALIDATION, tokens=60))
# In the first epoch, in the first look at the validation examples, in the second epoch, in the
# last step.
READINGS = [3, 9 + 2, 9 + PER_LOOK + 3, 24 + 2 * PER_LOOK]


@pytest.mark.parametrize("name", [NAME, "first state, LSTM, two layers"])
@pytest.mark.parametrize("call", READINGS)
def test_an_interrupted_run_goes_on_to_the_same_weights(call, name, tmp_path):
    whole = fresh(name)
    history = run(whole)
    model = fresh(name)
    heal = interrupt_at(model, call, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt, match="to go on, call train again with the same argume"):
        run(model, tmp_path)
    heal()
    torch.rand(5)
    resumed = fresh(name)
    assert run(resumed, tmp_path) == history
    assert same_weights(whole, resumed)


def test_a_run_that_goes_on_does_not_begin_at_the_frequencies_again(tmp_path):
    config = replace(CONFIG, output_bias="frequencies")
    whole, model, resumed = fresh(), fresh(), fresh()
    history = run(whole, config=config)
    interrupt_at(model, 13, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run(model, tmp_path, config=config)
    assert run(resumed, tmp_path, config=config) == history
    assert same_weights(whole, resumed)


def test_the_readings_are_what_their_comment_says():
    assert 3 < PER_EPOCH < 12 < 2 * PER_EPOCH and PER_LOOK >= 2


@pytest.mark.parametrize("call", [14, 25])
def test_a_crashed_run_goes_on_from_its_last_checkpoint(call, tmp_path):
    whole = fresh()
    history = run(whole)
    model = fresh()
    heal = interrupt_at(model, call, RuntimeError("the power went"))
    with pytest.raises(RuntimeError, match="the power went"):
        run(model, tmp_path)
    heal()
    resumed = fresh()
    assert run(resumed, tmp_path) == history
    assert same_weights(whole, resumed)


def test_two_interrupts_then_the_end_then_once_more(tmp_path):
    whole = fresh()
    history = run(whole)
    for call in (4, 6):
        model = fresh()
        interrupt_at(model, call, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            run(model, tmp_path)
    for _ in range(2):
        resumed = fresh()
        assert run(resumed, tmp_path) == history
        assert same_weights(whole, resumed)


def test_the_best_weights_are_remembered_across_an_interrupt(tmp_path):
    """Best early, interrupted later, when the weights are already worse."""
    config = TrainingConfig(
        steps=40, tokens=60, learning_rate=3.0, warmup=1.0, clip=100, validate_every=2
    )
    whole = fresh()
    history = run(whole, config=config)
    assert history.best.step < 20
    model = fresh()
    interrupt_at(model, 20 + 10 * PER_LOOK, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run(model, tmp_path, config=config)
    resumed = fresh()
    assert run(resumed, tmp_path, config=config) == history
    assert same_weights(whole, resumed)


def test_an_interrupt_without_a_directory_says_that_nothing_is_saved():
    model = fresh()
    interrupt_at(model, 3, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt, match="after step 2 of 24; nothing is saved"):
        run(model)


def test_the_weights_change_whole_or_not_at_all(tmp_path):
    """An interrupt in the middle of the update waits for its end."""
    whole = fresh()
    history = run(whole)
    steps = 0

    def interrupt(*_):
        nonlocal steps
        steps += 1
        if steps == 5:
            signal.raise_signal(signal.SIGINT)

    hook = register_optimizer_step_pre_hook(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt, match="interrupted after step 5 of 24"):
            run(fresh(), tmp_path)
    finally:
        hook.remove()
    resumed = fresh()
    assert run(resumed, tmp_path) == history
    assert same_weights(whole, resumed)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"config": TrainingConfig(steps=30, tokens=60)}, "steps: wanted 30, got 24"),
        ({"seed": 4}, "seed: wanted 4, got 3"),
        ({"training": TRAINING[:-1]}, "data setting: examples: wanted"),
    ],
)
def test_going_on_with_other_settings_is_refused(change, message, tmp_path):
    run(fresh(), tmp_path)
    before = (tmp_path / "last.safetensors").read_bytes()
    with pytest.raises(ValueError, match=message):
        run(fresh(), tmp_path, **change)
    assert (tmp_path / "last.safetensors").read_bytes() == before


def test_going_on_with_another_model_is_refused(tmp_path):
    run(fresh(), tmp_path)
    with pytest.raises(ValueError, match="score: wanted 'general', got 'dot' in the file"):
        run(fresh("luong, general"), tmp_path)
