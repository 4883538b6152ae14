"""One job's spans from all five services, in one trace, at a collector of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.migrate import migrate
from shared.routes import CONSUMERS
from shared.topology import declare
from tests.support import servers
from tests.support.collector import Collector, collecting, faults
from tests.test_end_to_end import SAMPLE, Stack

pytestmark = pytest.mark.integration


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


def test_a_job_is_one_trace_across_five_services(
    postgres: str, node: servers.Node, collector: Collector, tmp_path: Path
) -> None:
    with servers.own_database(postgres) as dsn, servers.own_host(node) as amqp_url:
        servers.run_alone(migrate(dsn))
        servers.run_alone(declare(amqp_url))
        (tmp_path / "storage").mkdir()
        stack = Stack(
            {
                "AMQP_URL": amqp_url,
                "DATABASE_URL": dsn,
                "STORAGE_DIR": str(tmp_path / "storage"),
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            },
            tmp_path,
        )
        try:
            stack.start("gateway", *CONSUMERS)
            done = stack.docreel("process", SAMPLE, "--out", tmp_path / "out")
            assert done.returncode == 0, done.stderr
        finally:
            stack.stop()  # the last spans are sent as the services end

    (trace,) = collector.traces()
    assert faults(trace) == []
