"""The AsyncAPI 3 document of all events, derived from the routes and the event models."""

from typing import Any

from shared.routes import CONSUMERS, EVENTS_EXCHANGE, ROUTES, Service, work_queue


def document() -> dict[str, Any]:
    """Return the document as plain data; `docs/asyncapi.yaml` is its YAML form."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Docreel events",
            "version": "1.0.0",
            "description": "Every event between Docreel's services, on one topic exchange.",
        },
        "defaultContentType": "application/json",
        "channels": {kind: _channel(kind) for kind in ROUTES},
        "operations": dict(_operations()),
        "components": {"messages": {kind: _message(kind) for kind in ROUTES}},
    }


def _channel(kind: str) -> dict[str, Any]:
    return {
        "address": kind,
        "messages": {"event": {"$ref": f"#/components/messages/{kind}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EVENTS_EXCHANGE, "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _message(kind: str) -> dict[str, Any]:
    model = ROUTES[kind].model
    return {
        "name": kind,
        "summary": (model.__doc__ or "").strip().partition("\n")[0],
        "payload": model.model_json_schema(ref_template="#/$defs/{model}"),
    }


def _operations() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for kind, route in ROUTES.items():
        channel = {"$ref": f"#/channels/{kind}"}
        found += [
            (f"{service}.sends.{kind}", {"action": "send", "channel": channel})
            for service in route.publishers
        ]
        listeners = [s for s in CONSUMERS if s in route.consumers or s is Service.PROGRESS]
        found += [
            (
                f"{service}.receives.{kind}",
                {
                    "action": "receive",
                    "channel": channel,
                    "summary": f"from the queue {work_queue(service)}",
                },
            )
            for service in listeners
        ]
    return found
