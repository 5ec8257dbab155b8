"""How far a review is: what was given to reviewers, and who has answered how much."""

from collections import Counter

from rich.table import Table

from pipelines.cli import by_count, counted
from pipelines.errors import UserError
from pipelines.reviews.answers import submitted
from pipelines.reviews.client import Server


def status(server: Server) -> Table:
    """A row a dataset.

    Raises:
        UserError: nothing has been pushed.
    """
    table = Table("", "records", "complete", "by sample", "answers", title=f"reviews at {server.address}")
    names = server.usernames()
    datasets = server.datasets()
    for dataset in datasets:
        samples, records = server.samples(dataset), server.records(dataset, responses=True)
        answers = Counter(names[response["user_id"]] for record in records for response in submitted(record))
        of = Counter(samples.get(record["external_id"], "-") for record in records)
        complete = sum(record["status"] == "completed" for record in records)
        table.add_row(
            dataset.name, f"{len(records):,}", f"{complete:,}", counted(by_count(of)), counted(by_count(answers)) or "-"
        )
    if not datasets:
        raise UserError(
            f"nothing has been given to reviewers at {server.address} yet: `python pipelines/review.py push personas` "
            "(or trees) does it"
        )
    return table
