"""What a model was made of: beside the checkpoints as run.json, and as a section of TRL's model card."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class MadeOf:
    """The options that are not the defaults, the data's version and rows, and what the test split says."""

    options: dict[str, Any]
    recipe: str | None  # the YAML file
    model_files: str  # a hash of the model that it began with, where that is a folder
    processes: int
    version: str
    rehearsal: bool
    rows: dict[str, int]  # split -> rows that reach the trainer
    before: str | None  # what the model that it began with had begun with
    test: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What run.json holds: what another run must have in common to go on from this one's checkpoints."""
        return {
            **self.options,
            "dataset_version": self.version,
            "dataset_rows": self.rows,
            "model_files": self.model_files,
            "processes": self.processes,
        }

    def section(self) -> str:
        """Markdown."""
        import yaml

        name = self.options["dataset_name"]
        config = self.options.get("dataset_config")
        rows = ", ".join(f"{count:,} rows of `{split}`" for split, count in self.rows.items())
        lines = ["## What it was made of", ""]
        if self.rehearsal:
            lines += [
                "**The data was made by rules, for rehearsal: this model is for trying things, not for use.**",
                "",
            ]
        lines += [
            f"Dataset: `{name}`"
            + (f", config `{config}`" if config else "")
            + (f", {self.version}" if self.version else "")
            + f": {rows}.",
            f"Started from `{self.options['model_name_or_path']}`"
            + (f", which had started from `{self.before}`" if self.before else "")
            + (f", by the recipe `{'/'.join(Path(self.recipe).parts[-2:])}`" if self.recipe else "")
            + ". What differs from the defaults of TRL, and of i2a's training scripts:",
            "",
            "```yaml",
            yaml.safe_dump(self.options, sort_keys=True, allow_unicode=True).strip(),
            "```",
        ]
        if self.test:
            lines += ["", "On the test split:", "", table(self.test)]
        return "\n".join(lines) + "\n"


def table(told: dict[str, float]) -> str:
    """The figures of the test split as a Markdown table: all rows, each turn, each bucket of the judge's margin.

    >>> print(table({"loss": 0.51234, "rows": 1200, "loss/turn 1": 0.5, "rows/turn 1": 2}))
    | test   |  rows |  loss |
    | :----- | ----: | ----: |
    | all    | 1,200 | 0.512 |
    | turn 1 |     2 |   0.5 |
    """
    names = [key for key in told if "/" not in key and key != "rows"]
    groups = ["", *(key.removeprefix("rows") for key in told if key.startswith("rows/"))]
    cells = [["test", "rows", *names]]
    for group in groups:
        values = [f"{told[name + group]:.3g}" for name in names]
        cells.append(
            [
                group.removeprefix("/").replace("margin", "judge's margin from") or "all",
                f"{told['rows' + group]:,.0f}",
                *values,
            ]
        )
    first, *others = (max(map(len, column)) for column in zip(*cells, strict=True))
    cells.insert(1, [":" + "-" * (first - 1), *("-" * (width - 1) + ":" for width in others)])
    return "\n".join("| " + " | ".join([row[0].ljust(first), *map(str.rjust, row[1:], others)]) + " |" for row in cells)


def carded(trainer: type, made_of: MadeOf) -> type:
    """The trainer, with that section in each model card that it writes."""

    class Carded(trainer):  # type: ignore[misc] # one of trl's two, chosen at run time
        def create_model_card(self, *args: Any, **kwargs: Any) -> None:
            if made_of.rehearsal:
                kwargs["tags"] = [*(kwargs.get("tags") or []), "rehearsal"]
            super().create_model_card(*args, **kwargs)
            readme = Path(self.args.output_dir) / "README.md"
            if self.is_world_process_zero():
                text = readme.read_text().rstrip()
                begin, place = made_of.options["model_name_or_path"], self.hub_model_id or self.args.output_dir
                text = text.replace("[None](https://huggingface.co/None)", f"`{begin}`")  # TRL knows those on the Hub
                text = text.replace('model="None"', f'model="{place}"')
                readme.write_text(f"{text}\n\n{made_of.section()}")

    return Carded
