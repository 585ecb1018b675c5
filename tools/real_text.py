"""The tables of the page on real text, made from the kept results and the translators' cards.

    python tools/real_text.py            write them into chapters/real_text.md
    python tools/real_text.py --check    say whether they are in step, and exit 1 if not

A table stands in the page between `<!-- table: NAME -->` and `<!-- end -->`.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from seq2seq_lib import benchmark, pretrained
from seq2seq_lib import tuning as tuned
from seq2seq_lib.experiments import Result

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "chapters" / "real_text.md"
SLOT = re.compile(r"(<!-- table: ([a-z0-9 ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
Runs = dict[str, list[Result]]


def architecture(variant: str) -> str:
    """Give the architecture in a variant's name, "attention, 120 s"."""
    return variant.rsplit(", ", 1)[0]


def budget(variant: str) -> float:
    """Give the seconds in a variant's name."""
    return float(variant.rsplit(", ", 1)[1].removesuffix(" s"))


def ordered(runs: Runs) -> list[str]:
    """Give the variants by budget, then as the benchmark lists the architectures."""
    order = list(benchmark.ARCHITECTURES)
    return sorted(runs, key=lambda name: (budget(name), order.index(architecture(name))))


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Give the mean of the runs, and how far they reach if there are several."""
    mean = f"{sum(values) / len(values):.{digits}f}"
    if len(values) == 1:
        return mean
    return f"{mean} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Give a Markdown table: the first column to the left, the others to the right."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *body)]
    return "\n".join([lines[0], "|---|" + "---:|" * (len(head) - 1), *lines[1:]]) + "\n"


def scores(runs: Runs) -> str:
    """Give what each variant scores on the test split."""
    head = (
        "architecture", "seconds", "runs", "parameters", "tokens seen", "BLEU",
        "BLEU, beam 5", "BLEU, tokenised", "chrF", "exact",
    )  # fmt: skip
    body = []
    for name in ordered(runs):
        found = runs[name]

        def of(metric: str, found: list[Result] = found) -> list[float]:
            return [each.metrics[metric] for each in found]

        tokens = sum(each.tokens for each in found) / len(found)
        body.append((
            architecture(name), f"{budget(name):g}", str(len(found)),
            f"{found[0].parameters / 1e6:.2f} M", f"{tokens / 1e6:.2f} M", spread(of("bleu")),
            spread(of("bleu_beam")), spread(of("bleu_tokenised")), spread(of("chrf")),
            f"{100 * sum(of('exact')) / len(found):.0f} %",
        ))  # fmt: skip
    return rows(head, body)


def lengths(runs: Runs) -> str:
    """Give BLEU by the source's length in words, the mean of the runs."""
    found = next(iter(runs.values()))[0].lengths
    names = sorted(found, key=lambda bucket: int(bucket.split("–")[0]))
    body = []
    for name in ordered(runs):
        means = [
            sum(each.lengths[bucket]["bleu"] for each in runs[name]) / len(runs[name])
            for bucket in names
        ]
        row = (architecture(name), f"{budget(name):g}", *(f"{mean:.1f}" for mean in means))
        body.append(row)
    shown = [bucket.replace("–60", " and more") for bucket in names]
    shown = [re.sub(r"^(\d+)–\1$", r"\1", bucket) for bucket in shown]
    return rows(("words", "seconds", *shown), body)


def cards() -> dict[str, Result]:
    """Give the cards of the shipped translators of real text that there are."""
    found = {}
    for name in pretrained.REAL:
        path = pretrained.PRETRAINED / f"{name.replace(' ', '_')}.json"
        if path.is_file():
            found[name] = Result(**json.loads(path.read_text(encoding="utf-8")))
    return found


def translators(found: dict[str, Result]) -> str:
    """Give what each shipped translator scores."""
    head = (
        "translator", "parameters", "seconds", "tokens seen", "BLEU", "BLEU, beam 5", "chrF",
        "exact", "challenge set passed",
    )  # fmt: skip
    body = [
        (
            name, f"{card.parameters / 1e6:.2f} M", f"{card.seconds:.0f}",
            f"{card.tokens / 1e6:.2f} M", f"{card.metrics['bleu']:.1f}",
            f"{card.metrics['bleu_beam']:.1f}", f"{card.metrics['chrf']:.1f}",
            f"{100 * card.metrics['exact']:.0f} %",
            f"{100 * card.metrics['challenge passed']:.0f} %",
        )
        for name, card in found.items()
    ]  # fmt: skip
    return rows(head, body)


def phenomena(found: dict[str, Result]) -> str:
    """Give the share of the challenge set's items that each translator passes, by phenomenon."""
    first = next(iter(found.values())).metrics
    names = [key.removeprefix("passed: ") for key in first if key.startswith("passed: ")]
    body = [
        (name, *(f"{100 * card.metrics[f'passed: {name}']:.0f} %" for card in found.values()))
        for name in sorted(names, key=lambda name: -_mean(found, f"passed: {name}"))
    ]
    return rows(("phenomenon", *(name.removeprefix("tatoeba ") for name in found)), body)


def _mean(found: dict[str, Result], metric: str) -> float:
    return sum(card.metrics[metric] for card in found.values()) / len(found)


def signatures(runs: Runs) -> str:
    """Give sacrebleu's account of the scores, of all runs."""
    every = {
        (name, signature)
        for found in runs.values()
        for each in found
        for name, signature in each.signatures.items()
    }
    return "".join(f"- {name}: `{signature}`\n" for name, signature in sorted(every))


def tuning(corpus: str, runs: Runs) -> str:
    """Give the runs on the validation split by which a corpus's recipes were chosen: of each
    architecture the best first."""
    head = (
        "model", "bias from", "deviation", "width", "pieces a batch", "rate", "tokens seen",
        "loss", "BLEU",
    )  # fmt: skip
    found = [each[0] for name, each in runs.items() if name.startswith(f"{corpus}-")]
    order = list(benchmark.ARCHITECTURES)
    found.sort(key=lambda run: (order.index(kind(run)), -run.metrics["bleu"]))
    body = []
    for run in found:
        config, training = run.config, run.training
        drawn = config.get("spread", config.get("embedding", config["width"]) ** -0.5)
        begun = "frequencies" if training.get("output_bias") == "frequencies" else "zero"
        body.append((
            described(run), begun, f"{drawn:.2f}", str(config["width"]), str(training["tokens"]),
            f"{training['learning_rate']:g}", f"{run.tokens / 1e6:.2f} M",
            f"{run.metrics['valid_loss']:.2f}", f"{run.metrics['bleu']:.1f}",
        ))  # fmt: skip
    return rows(head, body)


def kind(run: Result) -> str:
    """Give the architecture of a run by its configuration."""
    if "kind" in run.config:
        return "transformer"
    return "attention" if run.config["score"] else "fixed context"


def described(run: Result) -> str:
    """Give the architecture of a run, and what sets it apart from others of its kind."""
    config = run.config
    if kind(run) == "transformer":
        blocks = f"{config['layers']}+{config['layers']} blocks, network {config['feedforward']}"
        return f"transformer, {blocks}, {'tied' if config['tied'] == 'all' else 'untied'}"
    looks = config["score"] or f"{config['context']}, reads {config['direction']}"
    return f"{kind(run)}, {looks}, embedding {config['embedding']}"


TABLES: dict[str, Callable[[], str]] = {
    "multi30k": lambda: scores(benchmark.stored("multi30k")),
    "multi30k lengths": lambda: lengths(benchmark.stored("multi30k")),
    "multi30k signatures": lambda: signatures(benchmark.stored("multi30k")),
    "tuning multi30k": lambda: tuning("multi30k", tuned.stored()),
    "tuning tatoeba": lambda: tuning("tatoeba", tuned.stored()),
    "tatoeba": lambda: scores(benchmark.stored("tatoeba")),
    "tatoeba lengths": lambda: lengths(benchmark.stored("tatoeba")),
    "tatoeba signatures": lambda: signatures(benchmark.stored("tatoeba")),
    "translators": lambda: translators(cards()),
    "challenge": lambda: phenomena(cards()),
}


def filled(page: str) -> str:
    """Give the page with its tables made anew. Raises ValueError for a table nobody knows."""

    def table(match: re.Match) -> str:
        if match[2] not in TABLES:
            raise ValueError(f"table: wanted one of {', '.join(TABLES)}, got {match[2]!r}")
        return f"{match[1]}{TABLES[match[2]]()}{match[3]}"

    return SLOT.sub(table, page)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or with --check compare them; give the exit status."""
    parser = argparse.ArgumentParser(description="the tables of the page on real text")
    parser.add_argument("--check", action="store_true", help="only say whether they are in step")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    page = options.page.read_text(encoding="utf-8")
    wanted = filled(page)
    if options.check and page != wanted:
        print(f"{options.page.name} is not in step with the results: run python tools/real_text.py")
        return 1
    if not options.check:
        options.page.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
