"""Every variant obeys every law (see laws.py)."""

import pytest

from tests.laws import LAWS, weights_survive_a_round_trip
from tests.variants import SETTINGS, make


@pytest.mark.parametrize("variant", SETTINGS)
@pytest.mark.parametrize("law", LAWS)
def test_law(law: str, variant: str) -> None:
    LAWS[law](make(variant))


@pytest.mark.parametrize("variant", SETTINGS)
def test_weights_survive_a_round_trip(variant: str, tmp_path) -> None:
    weights_survive_a_round_trip(make(variant), tmp_path / "model.safetensors")
