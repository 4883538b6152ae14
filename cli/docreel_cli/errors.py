"""The errors that end a command: each carries its sentence and the command's exit status."""

FAILED = 1
BAD_USAGE = 2
ISSUES = 3
INTERRUPTED = 130


class CommandError(Exception):
    """The command could not do what it was asked to."""

    exit_status = FAILED


class UsageError(CommandError):
    """The command was asked for something that cannot be done: the message says what can."""

    exit_status = BAD_USAGE


class UnreachableError(CommandError):
    """No gateway answers; `address` is where it was looked for."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"No gateway answers at {address}: run `make up` to start the local stack, "
            "or name another gateway with --url or DOCREEL_URL."
        )


class GatewayError(CommandError):
    """The gateway refused a request; the message is what it said, `code` its HTTP status.

    `retry_after` is the delay in seconds that it asked for, 0 where it asked for none.
    """

    def __init__(self, message: str, code: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after
        # A request that the gateway found invalid is the caller's to correct.
        self.exit_status = BAD_USAGE if code in {400, 413, 415, 422} else FAILED

    @property
    def passing(self) -> bool:
        """Say whether the same request may succeed later."""
        return self.code in {408, 423, 425, 429} or self.code >= 500  # noqa: PLR2004 - HTTP's own


class UploadError(CommandError):
    """The video could not be uploaded: run the command again."""
