"""The report on runs of the benchmark: one model, or many on the same personas.

    python eval/report.py logs                            # every log in a folder: aloe-report/report.html, report.md
    python eval/report.py base.eval sft.eval --json figures.json

The first log is what the others are compared with. The same logs give the same bytes.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli import console, guarded
from pipelines.errors import UserError

if TYPE_CHECKING:
    from eval.reports.findings import Verdict


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", type=Path, metavar="LOG", help="a log of Inspect, or a folder of them")
    parser.add_argument("--out", type=Path, default=Path("aloe-report"), metavar="DIR", help="(default aloe-report)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as data, too")
    options = parser.parse_args(argv)
    return guarded(lambda: report(options.logs, options.out, options.json))


def report(paths: Sequence[Path], out: Path, json: Path | None = None) -> None:
    """Writes report.html, report.md and figures/ into a folder, and tells the verdict.

    Raises:
        UserError: no log there, or nothing can be written here.
    """
    from json import dumps

    from cards.texts import flat
    from eval.logs import read
    from eval.reports.charts import charts
    from eval.reports.data import data
    from eval.reports.findings import verdict
    from eval.reports.markdown import markdown
    from eval.reports.measuring import summarise
    from eval.reports.page import page

    summary = summarise(read(paths))
    figures = charts(summary)
    files = {f"figures/{figure.name}.png": figure.png for figure in figures}
    files |= {"report.md": markdown(summary).encode(), "report.html": page(summary, figures)}
    try:
        _write(out, files)
        if json:
            json.parent.mkdir(parents=True, exist_ok=True)
            json.write_text(dumps(data(summary), indent=1, allow_nan=False) + "\n")
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}") from error
    _tell(verdict(summary, flat), summary.notes)
    console.print(f"made {out / 'report.html'}, report.md and {len(figures)} figures", markup=False)


def _tell(found: "Verdict", notes: Sequence[str]) -> None:
    from cards.texts import flat

    lines = [found.headline]
    for title, told in (("What may be concluded:", found.may), ("What not, or only with care:", found.may_not)):
        lines += [title] * bool(told)
        for one in told:
            lines += [f"- {one}"] if len(one.items) < 2 else [f"- {one.text}", *(f"  - {item}" for item in one.items)]
    console.print("\n".join([*lines, *(f"note: {flat(note)}" for note in notes)]), markup=False)


def _write(out: Path, files: dict[str, bytes]) -> None:
    from eval.reports.charts import NAMES
    from eval.reports.markdown import TITLE

    former = out / "report.md"
    if former.is_file() and former.read_bytes().startswith(TITLE.encode()):
        for path in (out / "figures").glob("*.png"):  # of more models than there are now
            if NAMES.fullmatch(path.stem) and f"figures/{path.name}" not in files:
                path.unlink()
    (out / "figures").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
