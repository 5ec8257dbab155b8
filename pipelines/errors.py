"""What a command tells its user, as opposed to a defect of the program."""


class UserError(RuntimeError):
    """Something that the user can mend: printed as it is, without a traceback, exit code 2."""


class Stopped(RuntimeError):  # noqa: N818 - nothing went wrong
    """The run was asked to stop, by Ctrl-C or `--max-cost`; everything finished is on disk."""


class StopRequested(Stopped):
    """The file that asks for a stop was there: by Ctrl-C, or because another replica has ended early."""
