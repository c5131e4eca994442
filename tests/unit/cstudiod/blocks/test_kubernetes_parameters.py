from __future__ import annotations

import pytest
from cstudiod.blocks.settings import amount
from cstudiod.model.blueprints import KubernetesSettings, Resources, Volume
from support.template_samples import SERVER, made, told

START = "  - type: kubernetes_parameters\n"


def test_everything_is_passed_on() -> None:
    """With numbers as the quantities they are."""
    launch = made(
        START
        + """\
    tcp_readiness: false
    readiness_url: http://localhost:5000/x
    readiness_headers: {A: b}
    ports: [{port: 5000, label: Five, html: true}]
    labels: {team: blue, n: 1}
    annotations: {example.org/a: "any text, even this"}
    initial_sync_timeout: 5
    start_timeout: 2.5
    requests: {cpu: 0.5, memory: 512Mi}
    limits: {cpu: 2, memory: 1Gi}
    node_selector: {disk: ssd}
    tolerations:
      - {key: gpu, operator: Exists, effect: NoSchedule}
      - {key: a, value: b}
    service_account: runner
    volumes: [{name: data, path: /data, size: 10Gi}]
"""
        + SERVER
    ).launch
    assert [port.port for port in launch.ports] == [5000, 9999]
    assert (launch.readiness.tcp, launch.readiness.url) == (False, "http://localhost:5000/x")
    assert launch.readiness.headers == {"A": "b"}
    assert launch.kubernetes == KubernetesSettings(
        labels={"team": "blue", "n": "1"},
        annotations={"example.org/a": "any text, even this"},
        resources=Resources(
            cpu_request="0.5", cpu_limit="2", memory_request="512Mi", memory_limit="1Gi"
        ),
        node_selector={"disk": "ssd"},
        tolerations=(
            {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"},
            {"key": "a", "operator": "Equal", "value": "b"},
        ),
        service_account="runner",
        volumes=(Volume(name="data", path="/data", size="10Gi"),),
        initial_sync_minutes=5,
        start_minutes=2.5,
    )


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ("requests: {cpu: 1x}", "requests.cpu", "is no quantity"),
        ("requests: {cpu: -1}", "requests.cpu", "is no quantity"),
        ("requests: {cpu: 0}", "requests.cpu", "more than zero"),
        ("requests: {cpu: true}", "requests.cpu", "text or a number"),
        ("requests: {memory: 512}", "requests.memory", "did you mean `512Mi`?"),
        ("requests: {memory: 2Gi}\n    limits: {memory: 1Gi}", "requests.memory", "more than its"),
        ("limits: {gpu: 1}", "limits.gpu", "unknown setting `gpu`"),
        ("labels: {-a: b}", "labels.-a", "is no key"),
        ("labels: {a: 'b c'}", "labels.a", "no label's value"),
        ("labels: {kubernetes.io/a: b}", "labels.kubernetes.io/a", "Kubernetes' own"),
        ("annotations: {Bad_Domain/a: b}", "annotations.Bad_Domain/a", "is no domain"),
        ("node_selector: {a: [b]}", "node_selector.a", "text or a number"),
        ("tolerations: [{operator: Equal}]", "tolerations[0].key", "`key` is missing"),
        ("tolerations: [{operator: Exists, value: a}]", "tolerations[0].value", "has no value"),
        ("tolerations: [{key: a, effect: NoRun}]", "tolerations[0].effect", "unknown value"),
        ("service_account: A_b", "service_account", "no name of an account"),
        ("volumes: [{name: A, path: /a}]", "volumes[0].name", "pattern"),
        ("volumes: [{name: a, path: a}]", "volumes[0].path", "no absolute path"),
        ("volumes: [{name: a, path: /a/../b}]", "volumes[0].path", "no absolute path"),
        ("volumes: [{name: a, path: /run/cstudio}]", "volumes[0].path", "needed as it is"),
        ("volumes: [{name: cstudio-launch, path: /a}]", "volumes[0].name", "cstudio's own"),
        ("volumes: [{name: a, path: /}]", "volumes[0].path", "needed as it is"),
        ("volumes: [{name: a, path: /home/dataiku/workspace/x}]", "volumes[0].path", "workspace"),
        ("volumes: [{name: a, path: /a}, {name: a, path: /b}]", "volumes[1].name", "two `a`"),
        ("volumes: [{name: a, path: /a}, {name: b, path: /a/}]", "volumes[1].path", "another's"),
        ("readiness_headers: {'a b': c}", "readiness_headers.a b", "no HTTP header"),
        ("readiness_url: 'http://localhost:1${x}'", "readiness_url", "unknown variable `${x}`"),
        ("initial_sync_timeout: 0", "initial_sync_timeout", "greater than 0"),
        ("initial_sync_timeout: '5'", "initial_sync_timeout", "must be a number"),
    ],
)
def test_a_wrong_parameter(settings: str, field: str, words: str) -> None:
    """Is told with its field, before Kubernetes could refuse it."""
    (found,) = told(f"{START}    {settings}\n{SERVER}")
    assert f"(kubernetes_parameters), {field}: " in found
    assert words in found


@pytest.mark.parametrize(
    ("text", "value"),
    [("500m", 0.5), ("2", 2), ("1Ki", 1024), ("1.5Gi", 1.5 * 2**30), ("1k", 1000)],
)
def test_quantities_are_numbers(text: str, value: float) -> None:
    """To compare a request with its limit."""
    assert amount(text) == value
