"""Looks at a job until it has ended: every few seconds, cheaply, and through a gateway's outage."""

import time
from dataclasses import dataclass

from .client import Gateway
from .errors import GatewayError, UnreachableError
from .records import Job
from .screen import View

TRIES = 10  # in a row without an answer
LONGEST_PAUSE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Follow:
    """Follows one job, looking every `poll` seconds or as rarely as the gateway asks for."""

    gateway: Gateway
    job_id: str
    view: View
    poll: float

    def run(self) -> Job:
        """Show the job until it has ended; return it as it ended.

        Raises UnreachableError or GatewayError where the gateway is lost or refuses; the job
        itself goes on.
        """
        etag, failures = "", 0
        while True:
            try:
                look = self.gateway.look(self.job_id, etag)
            except (GatewayError, UnreachableError) as error:
                failures += 1
                time.sleep(self._pause(error, failures))
                continue
            failures, etag = 0, look.etag
            if look.job is not None:
                self.view.show(look.job)
                if look.job.over:
                    return look.job
            time.sleep(max(self.poll, look.retry_after))

    def _pause(self, error: GatewayError | UnreachableError, failures: int) -> float:
        after = 0.0
        if isinstance(error, GatewayError):
            if not error.passing:
                raise error
            after = error.retry_after
        if failures >= TRIES:
            raise error
        if failures == 1:
            self.view.say("The gateway does not answer; the job goes on. Trying again ...")
        return max(after, min(LONGEST_PAUSE, self.poll * 2.0 ** (failures - 1)))
