"""Every variant obeys every law (see laws.py)."""

import pytest

from tests.laws import LAWS, SPEAKING, weights_survive_a_round_trip
from tests.variants import SETTINGS, SPEAKERS, make


@pytest.mark.parametrize("variant", SETTINGS)
@pytest.mark.parametrize("law", LAWS)
def test_law(law: str, variant: str) -> None:
    LAWS[law](make(variant))


@pytest.mark.parametrize("variant", SETTINGS)
def test_weights_survive_a_round_trip(variant: str, tmp_path) -> None:
    weights_survive_a_round_trip(make(variant), tmp_path / "model.safetensors")


@pytest.mark.parametrize("variant", SPEAKERS)
@pytest.mark.parametrize("law", SPEAKING)
def test_a_language_models_law(law: str, variant: str) -> None:
    if law == "prefill_equals_decoding" and SETTINGS[variant].get("prefix") == "full":
        with pytest.raises(AssertionError):
            SPEAKING[law](make(variant))  # what a full prefix is for: it sees its own future
    else:
        SPEAKING[law](make(variant))
