"""The manifests, rendered by kustomize, against the schemas of Kubernetes and of KEDA.

kubectl, the schemas and KEDA's models come with the development packages: nothing is skipped.
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cloudcoil.models.keda.v1alpha1 import ScaledObject, TriggerAuthentication
from pydantic import ValidationError

from shared.routes import CONSUMERS, Service, work_queue

_FOLDER = Path(__file__).resolve().parents[1] / "kubernetes"
_KUBECTL = Path(sys.executable).with_name("kubectl")
_VERSIONS = ("1.30", "1.34", "1.37")
_RENDERED = ("base", "overlays/gemini", "overlays/supabase")
_KEDA = {"ScaledObject": ScaledObject, "TriggerAuthentication": TriggerAuthentication}


@cache
def _rendered(folder: str) -> list[dict[str, Any]]:
    done = subprocess.run(  # noqa: S603 - fixed words
        [_KUBECTL, "kustomize", _FOLDER / folder],
        capture_output=True,
        text=True,
        check=True,
    )
    return list(yaml.safe_load_all(done.stdout))


def _of_kind(kind: str, folder: str = "base") -> list[dict[str, Any]]:
    return [one for one in _rendered(folder) if one["kind"] == kind]


def _pods(folder: str = "base") -> dict[str, dict[str, Any]]:
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in _of_kind("Deployment", folder)
    }


def _is_kedas(manifest: dict[str, Any]) -> bool:
    return str(manifest["apiVersion"]).startswith("keda.sh/")


@pytest.mark.parametrize("version", _VERSIONS)
@pytest.mark.parametrize("folder", _RENDERED)
def test_manifests_are_what_kubernetes_takes(folder: str, version: str) -> None:
    ours = [one for one in _rendered(folder) if not _is_kedas(one)]
    assert ours
    for manifest in ours:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_word_that_kubernetes_does_not_know_is_refused() -> None:
    (claim,) = _of_kind("PersistentVolumeClaim")
    wrong = {**claim, "spec": {**claim["spec"], "accessMode": "ReadWriteMany"}}
    with pytest.raises(kubernetes_validate.ValidationError, match="accessMode"):
        kubernetes_validate.validate(wrong, _VERSIONS[-1], strict=True)


@pytest.mark.parametrize("folder", _RENDERED)
def test_scaling_is_what_keda_takes(folder: str) -> None:
    ours = [one for one in _rendered(folder) if _is_kedas(one)]
    assert {one["kind"] for one in ours} == _KEDA.keys()
    for manifest in ours:
        _KEDA[manifest["kind"]].model_validate(manifest, extra="forbid")


def test_a_word_that_keda_does_not_know_is_refused() -> None:
    scaled = _of_kind("ScaledObject")[0]
    wrong = {**scaled, "spec": {**scaled["spec"], "coolDownPeriod": 300}}
    with pytest.raises(ValidationError, match="coolDownPeriod"):
        ScaledObject.model_validate(wrong, extra="forbid")


def test_every_worker_but_progress_is_scaled_by_its_own_queue() -> None:
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["triggers"][0]
        for one in _of_kind("ScaledObject")
    }
    assert scaled.keys() == {service.value for service in CONSUMERS} - {Service.PROGRESS.value}
    (login,) = _of_kind("TriggerAuthentication")
    for name, trigger in scaled.items():
        assert trigger["metadata"]["queueName"] == work_queue(Service(name))
        # Over AMQP it would not count what is being worked on, and kill who works.
        assert trigger["metadata"]["protocol"] == "http"
        assert trigger["authenticationRef"]["name"] == login["metadata"]["name"]


def test_a_pod_is_sealed_and_may_end_what_it_has_in_hand() -> None:
    pods = _pods()
    assert pods.keys() == {service.value for service in Service}
    for name, pod in pods.items():
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        grace = {one["name"]: one["value"] for one in container.get("env", [])}
        if name != Service.GATEWAY:
            assert pod["terminationGracePeriodSeconds"] > int(grace["GRACE_SECONDS"]), name
    assert "Secret" not in json.dumps([one["kind"] for one in _rendered("base")])


def test_on_supabase_every_service_has_the_keys_and_no_volume_is_shared() -> None:
    folder = "overlays/supabase"
    assert not _of_kind("PersistentVolumeClaim", folder)
    assert "docreel-storage" not in json.dumps(_rendered(folder))
    for name, pod in _pods(folder).items():
        given = {one["name"] for one in pod["containers"][0]["env"]}
        assert {"SUPABASE_URL", "SUPABASE_SECRET_KEY"} <= given, name
        assert ("SUPABASE_PUBLISHABLE_KEY" in given) == (name == Service.GATEWAY), name


def test_metrics_are_for_prometheus_alone_and_probes_ask_where_they_are_answered() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in _of_kind("NetworkPolicy")}
    for service, pod in _pods().items():
        (container,) = pod["containers"]
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        assert ports["health"] == 8081
        # The gateway is ready once it answers where people call.
        probed = "http" if service == Service.GATEWAY else "health"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] == probed, service
        assert ports.get("http", 8080) == 8080
    (monitored,) = policies["monitoring-alone"]["ingress"]
    assert [one["port"] for one in monitored["ports"]] == [8081]
    assert monitored["from"]
    (served,) = policies["gateway-serves"]["ingress"]
    assert [one["port"] for one in served["ports"]] == [8080]
