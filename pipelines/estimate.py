"""What a run will take, told before it is begun: calls, tokens, money and time for each role."""

from dataclasses import dataclass

from rich.table import Table

from pipelines.cast import Cast

CHARS_PER_TOKEN = 4.0  # of English under today's tokenizers, within a fifth
_SECONDS = (0.5, 0.02)  # a call's time: this much, and this much for each token written (50 tokens a second)


@dataclass
class Load:
    """What one role is to do."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def add(self, calls: int, chars_in: float, chars_out: float) -> None:
        """So many calls of so many characters each."""
        self.calls += calls
        self.tokens_in += round(calls * chars_in / CHARS_PER_TOKEN)
        self.tokens_out += round(calls * chars_out / CHARS_PER_TOKEN)

    def seconds(self, concurrency: int) -> float:
        return (self.calls * _SECONDS[0] + self.tokens_out * _SECONDS[1]) / min(concurrency, max(1, self.calls))


def table(loads: dict[str, Load], cast: Cast, concurrency: int) -> Table:
    """The estimate for the terminal; a role without a price costs "?"."""
    shown = Table(title="estimate: nothing is called", caption="at 0.5 s a call and 50 tokens a second written")
    for title in ("role", "model", "calls", "tokens in", "tokens out", "cost", "minutes"):
        shown.add_column(title, justify="left" if title in ("role", "model") else "right")
    costs: list[float | None] = []
    for role, load in loads.items():
        player = cast.players[role]
        costs.append(None if player.price is None else player.price.of(load.tokens_in, load.tokens_out))
        shown.add_row(
            role,
            player.model,
            f"{load.calls:,}",
            f"{load.tokens_in:,}",
            f"{load.tokens_out:,}",
            _money(costs[-1]),
            f"{load.seconds(concurrency) / 60:.1f}",
        )
    whole = Load(
        *(sum(getattr(load, name) for load in loads.values()) for name in ("calls", "tokens_in", "tokens_out"))
    )
    total = None if None in costs else sum(cost for cost in costs if cost is not None)
    minutes = sum(load.seconds(concurrency) for load in loads.values()) / 60
    shown.add_section()
    shown.add_row(
        "all", "", f"{whole.calls:,}", f"{whole.tokens_in:,}", f"{whole.tokens_out:,}", _money(total), f"{minutes:.1f}"
    )
    return shown


def _money(cost: float | None) -> str:
    return "?" if cost is None else f"{cost:.2f}"
