"""A figure with controls under it, for the few places where turning a knob teaches.

With a browser in front, the controls redraw the figure. Without one (a chapter built or
tested headless) the figure is drawn once, from the first choices, and stored the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from seq2seq_lib.plotting import figure_bundle


def in_browser() -> bool:
    """Whether a Jupyter server or an editor started this kernel, so that controls can act."""
    return bool({"JPY_SESSION_NAME", "VSCODE_PID"} & set(os.environ))


def explore(
    draw: Callable[..., Figure],
    choices: Mapping[str, Sequence[object]],
    *,
    alt: str,
    caption: str,
) -> None:
    """Show `draw(**chosen)`, with a control for each of `choices`, which `draw` takes by name.

    Each choice is the sequence of its values, the first drawn first: a slider for numbers, a
    menu for anything else, and a line to type in for a plain string. `alt` and `caption` may
    name choices in braces: "attention at width {width}". A ValueError that `draw` raises for
    a later choice is shown under the controls. Raises ValueError for a choice without values.
    """
    from IPython.display import display

    for name, values in choices.items():
        if not len(values):
            raise ValueError(f"choice {name!r} wants at least one value, got none")

    def bundle(chosen: Mapping[str, object]) -> dict[str, str]:
        words = {"alt": alt.format(**chosen), "caption": caption.format(**chosen)}
        return figure_bundle(draw(**chosen), **words)

    first = {
        name: values if isinstance(values, str) else values[0] for name, values in choices.items()
    }
    if not in_browser():
        display(bundle(first), raw=True)
        return
    shown = display(bundle(first), raw=True, display_id=True)
    _controls(choices, lambda chosen: shown.update(bundle(chosen), raw=True))


def _controls(
    choices: Mapping[str, Sequence[object]], redraw: Callable[[Mapping[str, object]], None]
) -> None:
    """Display a control for each choice; a change of any calls `redraw` with all of them."""
    import ipywidgets
    from IPython.display import display

    controls = {name: _control(name, values) for name, values in choices.items()}
    trouble = ipywidgets.Label()

    def changed(_: object) -> None:
        try:
            redraw({name: control.value for name, control in controls.items()})
            trouble.value = ""
        except ValueError as error:
            trouble.value = str(error)

    for control in controls.values():
        control.observe(changed, "value")
    display(ipywidgets.VBox([*controls.values(), trouble]))


def _control(name: str, values: Sequence[object]) -> Any:
    import ipywidgets

    label = {"description": name, "style": {"description_width": "initial"}}
    if isinstance(values, str):
        return ipywidgets.Text(value=values, continuous_update=False, **label)
    options = [(str(value), value) for value in values]
    numbers = all(isinstance(value, int | float) for value in values)
    kind = ipywidgets.SelectionSlider if numbers and len(values) > 1 else ipywidgets.Dropdown
    extra = {"continuous_update": False} if kind is ipywidgets.SelectionSlider else {}
    return kind(options=options, value=values[0], **label, **extra)
