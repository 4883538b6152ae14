"""The manifests, rendered by kustomize, against Kubernetes' schemas; KEDA's by what it reads."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from shared.routes import CONSUMERS, Service, work_queue

_FOLDER = Path(__file__).resolve().parents[1] / "kubernetes"
_KUBECTL = shutil.which("kubectl")
_VERSIONS = ("1.30", "1.34")

pytestmark = pytest.mark.skipif(_KUBECTL is None, reason="kubectl renders the manifests")


def _rendered(folder: str) -> list[dict[str, Any]]:
    done = subprocess.run(  # noqa: S603 - fixed words
        [str(_KUBECTL), "kustomize", _FOLDER / folder],
        capture_output=True,
        text=True,
        check=True,
    )
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("version", _VERSIONS)
@pytest.mark.parametrize("folder", ["base", "overlays/gemini"])
def test_manifests_are_what_kubernetes_takes(folder: str, version: str) -> None:
    for manifest in _rendered(folder):
        if not manifest["apiVersion"].startswith("keda.sh/"):
            kubernetes_validate.validate(manifest, version, strict=True)


def test_every_worker_but_progress_is_scaled_by_its_own_queue() -> None:
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["triggers"][0]["metadata"]
        for one in _rendered("base")
        if one["kind"] == "ScaledObject"
    }
    assert scaled.keys() == {service.value for service in CONSUMERS} - {Service.PROGRESS.value}
    for name, trigger in scaled.items():
        assert trigger["queueName"] == work_queue(Service(name))
        # Over AMQP it would not count what is being worked on, and kill who works.
        assert trigger["protocol"] == "http"


def test_a_pod_is_sealed_and_may_end_what_it_has_in_hand() -> None:
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in _rendered("base")
        if one["kind"] == "Deployment"
    }
    assert pods.keys() == {service.value for service in Service}
    for name, pod in pods.items():
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        grace = {one["name"]: one["value"] for one in container.get("env", [])}
        if name != Service.GATEWAY:
            assert pod["terminationGracePeriodSeconds"] > int(grace["GRACE_SECONDS"]), name
    assert "Secret" not in json.dumps([one["kind"] for one in _rendered("base")])
