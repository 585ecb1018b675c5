"""What a model is, as a value: enough to build it anew and to know a stranger's checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Self

CELLS = ("gru", "lstm", "rnn")
DIRECTIONS = ("forward", "backward", "both")
CONTEXTS = ("first state", "every step", "bahdanau", "luong")
SCORES = ("additive", "concat", "dot", "general", "scaled dot", "scaled general")
ATTENDING = ("bahdanau", "luong")
WINDOWS = ("monotonic", "predictive")
NORMS = ("pre", "post")
POSITIONS = ("sinusoid", "learned", "rotary", "none")
TIES = ("none", "output", "all")
PREFIXES = ("causal", "full")
FIRST_KIND = "recurrent"


def later(default: Any) -> Any:
    """A setting that came after the first checkpoints: at its default it is left unsaid."""
    return field(default=default, metadata={"later": True})


def plain(settings: Any) -> dict[str, Any]:
    """The settings of this dataclass as plain values, later ones only where they are no default."""
    values = {}
    for setting in fields(settings):
        value = getattr(settings, setting.name)
        if not (setting.metadata.get("later") and value == setting.default):
            values[setting.name] = list(value) if isinstance(value, tuple) else value
    return values


@dataclass(frozen=True, kw_only=True)
class Config:
    """The base of all configurations: to plain values and back."""

    kind: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The configuration as plain values, for JSON.

        What came after the first checkpoints is left out where it has its default (the kind, too:
        its default is "recurrent"), so that a new setting changes no old configuration.
        """
        return ({} if self.kind == FIRST_KIND else {"kind": self.kind}) | plain(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The configuration of these values. An unknown or missing key is a ValueError."""
        _one_of("kind", values.get("kind", FIRST_KIND), (cls.kind,))
        given = {name: value for name, value in values.items() if name != "kind"}
        known = sorted(setting.name for setting in fields(cls))
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise ValueError(f"unknown setting {unknown[0]!r}: wanted some of {known}")
        missing = sorted(setting.name for setting in fields(cls) if _needed(setting, given))
        if missing:
            raise ValueError(f"setting {missing[0]!r} is missing")
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        return cls(**{**given, **lists})


def _needed(setting: Field, given: Mapping[str, Any]) -> bool:
    return setting.default is MISSING and setting.name not in given


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig(Config):
    """A recurrent encoder–decoder.

    source_size, target_size: entries of the two vocabularies. embedding: width of a token's vector,
    spread: deviation with which these are drawn, or None for embedding^(-1/2). width: width of the
    state, of encoder and decoder alike (a reader of both directions gives half of it to each).
    layers: how many recurrent layers, the same on both sides. cell: "gru" (Cho et al. 2014), "lstm"
    (Hochreiter & Schmidhuber 1997) or "rnn" (Elman 1990). direction: how the source is read;
    "backward" is Sutskever's reversed source.
    context: how the decoder gets at the source. "first state" (Sutskever et al. 2014) and "every
    step" (Cho et al. 2014) pass one vector; "bahdanau" (2015) looks back before each step, "luong"
    (2015) after it. score: how attention compares, for the two that attend: one of SCORES;
    otherwise None. dropout: share of the embedding and of the read-out set to zero in training.
    feeding: whether a step is fed what the last one read out (Luong et al. 2015, section 3.3).
    local: for "luong", whether attention is confined to a window around the step's own place
    ("monotonic") or around one that the state predicts ("predictive"; section 3.2); otherwise None.
    window: how many source tokens it reaches to each side. latent: width of a Gaussian bottleneck
    between encoder and decoder (Bowman et al. 2016), or None; for the contexts of one vector.
    """

    kind: ClassVar[str] = FIRST_KIND
    source_size: int
    target_size: int
    embedding: int = 128
    width: int = 128
    layers: int = 1
    cell: str = "gru"
    direction: str = "forward"
    context: str = "first state"
    score: str | None = None
    dropout: float = 0.0
    feeding: bool = later(False)
    local: str | None = later(None)
    window: int = later(10)
    latent: int | None = later(None)
    spread: float | None = later(None)

    def __post_init__(self) -> None:
        _positive(self, "source_size", "target_size", "embedding", "width", "layers", "window")
        _one_of("cell", self.cell, CELLS)
        _one_of("direction", self.direction, DIRECTIONS)
        _one_of("context", self.context, CONTEXTS)
        if self.context in ATTENDING:
            _one_of("score", self.score, SCORES)
        elif self.score is not None:
            raise ValueError(f"score: {self.context!r} does not attend, got {self.score!r}")
        if self.direction == "both" and self.width % 2:
            raise ValueError(f"width: wanted an even one for two directions, got {self.width}")
        _share("dropout", self.dropout)
        self._check_later()

    def _check_later(self) -> None:
        if self.context != "luong" and (self.feeding or self.local is not None):
            wish = "feeding" if self.feeding else "local"
            raise ValueError(f"{wish}: wanted context 'luong' for it, got {self.context!r}")
        if self.local is not None:
            _one_of("local", self.local, WINDOWS)
        if self.latent is not None:
            _positive(self, "latent")
            if self.context in ATTENDING:
                raise ValueError(f"latent: attention would go around it, got {self.context!r}")
        if self.spread is not None and not self.spread > 0:
            raise ValueError(f"spread: wanted more than 0, got {self.spread!r}")


@dataclass(frozen=True, kw_only=True)
class RecurrentLanguageConfig(Config):
    """A recurrent language model, which may be given a source to go on from.

    source_size and target_size are equal: the one vocabulary's. The others: see `RecurrentConfig`.
    """

    kind: ClassVar[str] = "recurrent language"
    source_size: int
    target_size: int
    embedding: int = 128
    width: int = 128
    layers: int = 1
    cell: str = "gru"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        _positive(self, "source_size", "target_size", "embedding", "width", "layers")
        _one_vocabulary(self)
        _one_of("cell", self.cell, CELLS)
        _share("dropout", self.dropout)


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(Config):
    """A Transformer encoder–decoder (Vaswani et al. 2017).

    source_size, target_size: entries of the two vocabularies.
    width: of every token's vector. layers: blocks on each side. heads: of every attention, each of
    width / heads. feedforward: width between the two layers of a block's network.
    norm: "post", after each part as in the paper, or "pre", before it (Xiong et al. 2020).
    positions: "sinusoid" (section 3.5), "learned" for up to `longest` tokens (Gehring et al. 2017),
    "rotary" (Su et al. 2021), or "none".
    tied: "output" shares the matrix of target embedding and read-out (Press & Wolf 2017); "all" the
    source's too.
    dropout: share of each part's result, and of the embedding, set to zero in training.
    """

    kind: ClassVar[str] = "transformer"
    source_size: int
    target_size: int
    width: int = 128
    layers: int = 2
    heads: int = 4
    feedforward: int = 512
    norm: str = "pre"
    positions: str = "sinusoid"
    longest: int = 256
    tied: str = "none"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        _check_transformer(self)
        if self.tied == "all" and self.source_size != self.target_size:
            raise ValueError(
                f"tied: wanted source and target of one vocabulary, "
                f"got sizes {self.source_size} and {self.target_size}"
            )


@dataclass(frozen=True, kw_only=True)
class TransformerLanguageConfig(Config):
    """A decoder-only Transformer (Liu et al. 2018; Radford et al. 2018): a language model.

    A source, if there is one, is the beginning that it goes on from. source_size and target_size
    are the one vocabulary's, so they must be equal. prefix: "causal", or "full" where each source
    token sees all others (Raffel et al. 2020). The others are those of `TransformerConfig`.
    """

    kind: ClassVar[str] = "transformer language"
    source_size: int
    target_size: int
    width: int = 128
    layers: int = 2
    heads: int = 4
    feedforward: int = 512
    norm: str = "pre"
    positions: str = "sinusoid"
    longest: int = 256
    tied: str = "none"
    dropout: float = 0.0
    prefix: str = "causal"

    def __post_init__(self) -> None:
        _check_transformer(self)
        _one_vocabulary(self)
        _one_of("prefix", self.prefix, PREFIXES)


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig(Config):
    """A feed-forward autoencoder of vectors.

    inputs: width of a vector. code: width of its code. hidden: widths of the layers between them,
    from the outside in, none for a linear autoencoder (Baldi & Hornik 1989); the way back mirrors
    them (Hinton & Salakhutdinov 2006). variational: whether a code is drawn from a Gaussian that
    the encoder gives (Kingma & Welling 2014).
    """

    kind: ClassVar[str] = "autoencoder"
    inputs: int
    code: int
    hidden: tuple[int, ...] = ()
    variational: bool = False

    def __post_init__(self) -> None:
        _positive(self, "inputs", "code")
        for width in self.hidden:
            if not isinstance(width, int) or width < 1:
                raise ValueError(f"hidden: wanted positive whole numbers, got {width!r}")


KINDS: dict[str, type[Config]] = {
    config.kind: config
    for config in (RecurrentConfig, RecurrentLanguageConfig, TransformerConfig)
    + (TransformerLanguageConfig, AutoencoderConfig)
}


def from_dict(values: Mapping[str, Any]) -> Config:
    """The configuration of these values. An unknown kind is a ValueError, as are unknown keys."""
    kind = values.get("kind", FIRST_KIND)
    _one_of("kind", kind, tuple(KINDS))
    return KINDS[kind].from_dict(values)


def _check_transformer(config: TransformerConfig | TransformerLanguageConfig) -> None:
    sizes = ("source_size", "target_size", "width", "layers", "heads", "feedforward", "longest")
    _positive(config, *sizes)
    _one_of("norm", config.norm, NORMS)
    _one_of("positions", config.positions, POSITIONS)
    _one_of("tied", config.tied, TIES)
    _share("dropout", config.dropout)
    part, rest = divmod(config.width, config.heads)
    if rest:
        raise ValueError(f"width: wanted a multiple of {config.heads} heads, got {config.width}")
    even = {"sinusoid": config.width, "rotary": part}.get(config.positions, 0)
    if even % 2:
        raise ValueError(f"positions: {config.positions!r} goes by pairs, got a width of {even}")


def _one_vocabulary(config: RecurrentLanguageConfig | TransformerLanguageConfig) -> None:
    if config.source_size != config.target_size:
        raise ValueError(
            f"wanted one vocabulary for a language model, "
            f"got sizes {config.source_size} and {config.target_size}"
        )


def _positive(config: Config, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name}: wanted a positive whole number, got {value!r}")


def _share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{name}: wanted a share from 0 to below 1, got {value}")


def _one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}: wanted one of {', '.join(allowed)}, got {value!r}")
