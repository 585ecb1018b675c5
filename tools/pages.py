"""Pages that are made from others: written anew, or compared with what is there."""

from pathlib import Path


def settle(target: Path, wanted: str, *, check: bool, tool: str) -> int:
    """Write the page or, to `check`, say whether it is in step; give the exit status."""
    if not check:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(wanted, encoding="utf-8", newline="\n")
        return 0
    if target.exists() and target.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{target.name} is not in step with the chapters: run python tools/{tool}")
    return 1
