"""The drawn pictures, and the wiping out of pixels."""

import pytest
import torch

from seq2seq_lib.experiments import pictures


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_pictures_have_ink_of_every_kind_and_the_same_seed_draws_the_same() -> None:
    ink, kinds = pictures.draw(300, generator())
    assert ink.shape == (300, 144) and kinds.shape == (300,)
    assert ink.min() == 0 and ink.max() == 1 and (ink.sum(1) > 2).all()
    assert set(kinds.tolist()) == set(range(len(pictures.KINDS)))
    assert torch.equal(ink, pictures.draw(300, generator())[0])
    assert not torch.equal(ink, pictures.draw(300, generator(1))[0])


def test_a_ring_is_empty_in_the_middle_and_a_cross_is_not() -> None:
    ink, kinds = pictures.draw(400, generator(), side=24)
    places = torch.arange(24).float()
    grid = torch.stack(torch.meshgrid(places, places, indexing="ij"), -1).view(-1, 2)
    middle = (ink @ grid / ink.sum(1, keepdim=True)).round().long()
    at = ink[torch.arange(len(ink)), middle[:, 0] * 24 + middle[:, 1]]
    assert at[kinds == 1].max() < 0.1 and at[kinds == 2].min() > 0.5


def test_the_distance_from_a_segment() -> None:
    along, across = torch.tensor([0.0, 2.0, 5.0, -6.0]), torch.tensor([1.0, -3.0, 4.0, 0.0])
    found = pictures.to_segment(along, across, torch.tensor(2.0))
    torch.testing.assert_close(found, torch.tensor([1.0, 3.0, 5.0, 4.0]))


def test_a_share_of_the_pixels_is_wiped_out_and_the_others_stay() -> None:
    clean = torch.ones(50, 144)
    wiped = pictures.erase(clean, 0.3, generator())
    assert set(wiped.unique().tolist()) == {0.0, 1.0}
    assert float((wiped == 0).float().mean()) == pytest.approx(0.3, abs=0.02)
    assert clean.eq(1).all()
    assert torch.equal(pictures.erase(clean, 0.0, generator()), clean)
    assert pictures.erase(clean, 1.0, generator()).eq(0).all()


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="got 0 and 12"):
        pictures.draw(0, generator())
    with pytest.raises(ValueError, match="got 3 and 7"):
        pictures.draw(3, generator(), side=7)
    with pytest.raises(ValueError, match="got 1.5"):
        pictures.erase(torch.ones(1, 1), 1.5, generator())
