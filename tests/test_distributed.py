"""Several workers are one: the same losses and weights, one checkpoint, one end.

One team of two workers goes through all of `the_work` (starting them takes longer than that); each
test looks at what the two saw of one part of it.
"""

import re
import signal
import time
from pathlib import Path

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.testing import assert_close

from seq2seq_lib import checkpoints, distributed, recipes
from seq2seq_lib.batching import plan
from seq2seq_lib.distributed import Workers
from seq2seq_lib.schedule import TrainingConfig
from tests.runs import CONFIG, NAME, TRAINING, fresh, run
from tests.teams import PATIENCE, at_reading, ended, launch, together
from tests.variants import random_examples

SECONDS = 60.0
OTHERS = ["first state, LSTM, two layers", "transformer, pre, rotary", "decoder only, sinusoid"]
# A sentence of 45 tokens is a batch of its own: one of the two workers has nothing to read there.
UNEVEN = [*TRAINING[:-3], *random_examples(rows=4, seed=5, longest=45)[3:]]
SHORT = TrainingConfig(steps=9, tokens=60, validate_every=5)  # more than an epoch of UNEVEN
TIMED = TrainingConfig(steps=10**6, tokens=60, validate_every=20, seconds=1.0)


RECIPE = """
[data]
corpus = "{corpus}"

[model]
kind = "transformer"
width = 8
heads = 2
layers = 1
feedforward = 8
dropout = 0.2

[training]
steps = {steps}
tokens = 200
validate_every = 5
"""


# What the two workers do. Each part gives a history and weights, or the error that came.


def seen(model, directory=None, **settings):
    """The history and the weights of a run, or the error and its message."""
    try:
        history = run(model, directory, **settings)
    except (KeyboardInterrupt, ValueError, FloatingPointError) as error:
        return type(error).__name__, str(error)
    return history, model.state_dict()


def averaged_by_workers(self, examples):
    """The planted mistake: every worker weighs the same, however many tokens it has."""
    batch, share, tokens = RIGHT_SHARE(self, examples)
    return batch, 1 / self.size, tokens


RIGHT_SHARE, RIGHT_FIRST = Workers.share, Workers.first


def planted() -> dict:
    """Runs with a mistake each."""
    found = {}
    Workers.share = averaged_by_workers
    found["averaged by workers"] = seen(fresh(dropout=0.0), training=UNEVEN, config=SHORT)
    Workers.share = RIGHT_SHARE
    Workers.first = lambda self, value: value
    found["each its own clock"] = seen(fresh(dropout=0.0), config=SHORT)
    Workers.first = RIGHT_FIRST
    return found


def interrupted(rank: int, folder: Path) -> dict:
    """Worker 1 alone is interrupted, in a step, then in an update; then both go on."""
    found, model = {}, fresh()
    if rank == 1:
        at_reading(model, 5, lambda: signal.raise_signal(signal.SIGINT))
    found["interrupted"] = seen(model, folder / "interrupted")
    updates = []

    def interrupt(*_):
        updates.append(1)
        if len(updates) == 3:
            signal.raise_signal(signal.SIGINT)

    hook = register_optimizer_step_pre_hook(interrupt if rank == 1 else lambda *_: None)
    found["interrupted again"] = seen(fresh(), folder / "interrupted")
    hook.remove()
    found["gone on with"] = seen(fresh(), folder / "interrupted")
    return found


def refused(rank: int, folder: Path) -> dict:
    """What cannot go well, and must not go on for ever."""
    found, model = {}, fresh(dropout=0.0)
    if rank == 1:
        at_reading(model, 12, lambda: next(model.parameters()).data.fill_(torch.nan))
    found["not finite"] = seen(model, folder / "not finite")
    found["other data"] = seen(fresh(), training=TRAINING[rank:])
    here = folder / ("interrupted" if rank == 0 else "elsewhere")
    found["other folder"] = seen(fresh(), here)
    return found


def the_work(rank: int, folder: Path) -> dict:
    """All parts, in one order for both."""
    found = {NAME: seen(fresh(dropout=0.0))}
    found |= {name: seen(fresh(name, dropout=0.0), config=SHORT) for name in OTHERS}
    found["uneven"] = seen(fresh(dropout=0.0), training=UNEVEN, config=SHORT)
    found["noise"] = seen(fresh(), folder / "noise")
    found["timed"] = seen(fresh(), config=TIMED)
    found["from one worker"] = seen(fresh(dropout=0.0), folder / "from one")
    stopping = fresh(dropout=0.0)
    at_reading(stopping, 14, lambda: signal.raise_signal(signal.SIGINT))
    found["for one worker"] = seen(stopping, folder / "for one")
    recipes.carry_out(recipes.read(folder / "tiny.toml"), folder / "whole", progress=False)
    return found | planted() | interrupted(rank, folder) | refused(rank, folder)


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    """What both workers saw, and the folder they worked in."""
    folder = tmp_path_factory.mktemp("team")
    lines = [f"I see {n} cats.\tJe vois {n} chats.\n" for n in range(100)]
    (folder / "tiny.tsv").write_text("".join(lines), encoding="utf-8")
    for name, steps in (("tiny", 20), ("endless", 10**6)):
        text = RECIPE.format(corpus=folder / "tiny.tsv", steps=steps)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    model = fresh(dropout=0.0)
    at_reading(model, 14, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        run(model, folder / "from one")
    return together(the_work, 2, folder), folder


def same_run(one, other, tolerance: float = 1e-9) -> None:
    """The law: the same losses, rates and tokens at every look, and the same weights."""
    (history, weights), (other_history, other_weights) = one, other
    for point, wanted in zip(history.points, other_history.points, strict=True):
        assert (point.step, point.tokens) == (wanted.step, wanted.tokens)
        for name in ("training_loss", "validation_loss", "learning_rate"):
            assert getattr(point, name) == pytest.approx(getattr(wanted, name), rel=tolerance)
    assert_close(weights, other_weights, rtol=tolerance, atol=tolerance)


# The laws


@pytest.mark.parametrize("name", [NAME, *OTHERS])
def test_two_workers_are_one_with_the_same_batches(name, team):
    (one, other), _ = team
    config = CONFIG if name == NAME else SHORT
    same_run(one[name], seen(fresh(name, dropout=0.0), config=config))
    same_run(one[name], other[name], tolerance=0.0)


def test_a_batch_that_does_not_come_out_even_is_no_other_batch(team):
    orders = plan(UNEVEN, CONFIG.tokens, torch.Generator().manual_seed(3))
    assert 1 in map(len, orders) and any(len(rows) % 2 and len(rows) > 1 for rows in orders)
    (one, other), _ = team
    same_run(one["uneven"], seen(fresh(dropout=0.0), training=UNEVEN, config=SHORT))
    same_run(one["uneven"], other["uneven"], tolerance=0.0)


def test_the_law_finds_gradients_averaged_by_workers(team):
    (one, _), _ = team
    alone = seen(fresh(dropout=0.0), training=UNEVEN, config=SHORT)
    with pytest.raises(AssertionError):
        same_run(one["averaged by workers"], alone, tolerance=1e-3)


def test_worker_0s_clock_counts(team):
    """Each has a clock of its own, and no two ever show the same."""
    (one, other), _ = team

    def clocks(worker, part):
        return [point.seconds for point in worker[part][0].points]

    for part in (NAME, "noise", "timed"):
        assert clocks(one, part) == clocks(other, part)
    assert clocks(one, "each its own clock") != clocks(other, "each its own clock")


def test_a_budget_of_time_ends_at_the_same_step_for_all(team):
    (one, other), _ = team
    last = one["timed"][0].points[-1]
    assert 0 < last.step < TIMED.steps and last.seconds >= TIMED.seconds
    same_run(one["timed"], other["timed"], tolerance=0.0)


def test_workers_draw_different_noise_and_each_the_same_again():
    def drawn(rank: int, size: int, step: int) -> list[float]:
        Workers(rank, size).reseed(torch.Generator().manual_seed(3), step)
        return torch.rand(3).tolist()

    with torch.random.fork_rng():
        found = {(rank, step): drawn(rank, 2, step) for rank in (0, 1) for step in (0, 1)}
        assert len(set(map(tuple, found.values()))) == 4
        assert drawn(1, 2, 0) == found[1, 0]
        torch.manual_seed(5)
        before = torch.get_rng_state()
        Workers().reseed(torch.Generator(), 0)
        assert torch.equal(torch.get_rng_state(), before), "one worker alone has torch's own chance"


def test_with_dropout_the_weights_of_all_are_the_same_and_not_those_of_one(team):
    (one, other), _ = team
    same_run(one["noise"], other["noise"], tolerance=0.0)
    with pytest.raises(AssertionError):
        same_run(one["noise"], seen(fresh()), tolerance=1e-3)


def test_all_have_the_best_weights_and_one_file_has_them(team):
    (one, _), folder = team
    assert {path.name for path in (folder / "noise").iterdir()} == {
        "best.safetensors", "last.safetensors",
    }  # fmt: skip
    kept = fresh()
    checkpoints.load_weights(folder / "noise" / "best.safetensors", kept)
    assert_close(kept.state_dict(), one["noise"][1], rtol=0, atol=0)


# Interrupts, losses, restarts


def test_an_interrupt_of_one_worker_stops_all_at_the_same_step(team):
    (one, other), _ = team
    kind, message = one["interrupted"]
    assert (kind, message) == other["interrupted"]
    assert kind == "KeyboardInterrupt" and "after step 4 of 24; to go on, call train" in message
    assert one["interrupted again"] == other["interrupted again"]
    assert "after step 7 of 24" in one["interrupted again"][1]


def test_an_interrupted_run_goes_on_to_the_same_weights(team):
    (one, other), _ = team
    same_run(one["gone on with"], one["noise"], tolerance=0.0)
    same_run(one["gone on with"], other["gone on with"], tolerance=0.0)


def test_a_run_goes_on_with_another_number_of_workers(team):
    """The batches are the same, so what one worker began two may end, and the other way round."""
    (one, _), folder = team
    whole = seen(fresh(dropout=0.0))
    same_run(one["from one worker"], whole)
    assert "after step 12 of 24" in one["for one worker"][1]
    same_run(seen(fresh(dropout=0.0), folder / "for one"), whole)


def test_a_loss_that_is_not_finite_on_one_worker_stops_all(team):
    (one, other), _ = team
    assert one["not finite"] == other["not finite"]
    kind, message = one["not finite"]
    assert kind == "FloatingPointError"
    assert re.search(r"step 1\d: the training loss is nan: .* keeps its last state", message)


def test_workers_that_do_not_do_the_same_are_told_so(team):
    (one, other), _ = team
    for part, message in (
        ("other data", "worker 1: data: wanted what worker 0 has, {'examples': "),
        ("other folder", "worker 1: steps done, in its directory: wanted .*, 24; got 0"),
    ):
        assert one[part] == other[part] and one[part][0] == "ValueError"
        assert re.search(message, one[part][1])


def test_who_loses_another_worker_says_how_to_go_on():
    alone = Workers(0, 2)
    with pytest.raises(ConnectionError, match="another worker is lost; the same command goes on"):
        with alone.together():
            raise RuntimeError("[gloo/transport/tcp/pair.cc:534] Connection closed by peer")
    with pytest.raises(RuntimeError, match="a mistake of mine"), alone.together():
        raise RuntimeError("a mistake of mine")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# The command line


def test_torchrun_starts_a_killed_worker_again_and_all_end_at_the_same_weights(team, tmp_path):
    _, folder = team
    words = ("-m", "tests.dying", "train", str(folder / "tiny.toml"), "--out", str(tmp_path))
    code, said = ended(launch(*words, restarts=1))
    assert code == 0, said
    assert "SIGKILL" in said or "exitcode: -9" in said
    assert said.count(" 20 steps, ") == 1, "one worker says how it ended"
    for name in (recipes.TRANSLATOR, "best.safetensors"):
        assert (tmp_path / name).read_bytes() == (folder / "whole" / name).read_bytes()


def test_an_interrupt_of_torchrun_is_an_interrupt_of_its_workers(team, tmp_path):
    _, folder = team
    last = tmp_path / "last.safetensors"
    path = str(folder / "endless.toml")
    process = launch("-m", "seq2seq_lib.cli", "train", path, "--out", str(tmp_path))
    until = time.monotonic() + PATIENCE / 4
    while process.poll() is None and not last.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    code, said = ended(process)
    stops = re.findall(r"seq2seq train: interrupted after step (\d+) of 1000000; to go on", said)
    assert len(stops) == 2 and stops[0] == stops[1], said
    assert code != 0 and not (tmp_path / recipes.TRANSLATOR).exists()
    _, content = checkpoints.read(last, kind="run")
    assert content["state"]["step"] == int(stops[0])


def test_without_torchrun_nothing_is_joined(monkeypatch):
    with distributed.joined("mps") as device:
        assert device == "mps" and distributed.workers().size == 1
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    with pytest.raises(ValueError, match="torchrun: wanted the device cpu or cuda, got 'mps'"):
        with distributed.joined("mps"):
            pass
