"""Verifies Relyable webhooks. Made by `relyable webhooks code python`; no dependencies.

    event = construct_event(request.get_data(), request.headers.get(SIGNATURE_HEADER), secret)
    if event["event"] == "test_run.completed":
        print(event["data"]["score"])

Answer 401 to a WebhookVerificationError and 400 to an InvalidEventError.
"""

import hashlib
import hmac
import json
from typing import Any, Dict, List, Literal, Optional, Sequence, TypedDict, Union

SIGNATURE_HEADER = "X-Relyable-Signature"


class TestRunCompletedData(TypedDict):
    test_run_id: str  # e.g. "run_xyz789"
    agent_id: str  # e.g. "agent_abc123"
    agent_name: str  # e.g. "Real Estate Inbound Agent"
    score: float  # e.g. 73.5
    previous_score: float  # e.g. 68.2
    total_calls: int  # e.g. 5
    passed_test_cases: int  # e.g. 15
    failed_test_cases: int  # e.g. 5
    duration_seconds: float  # e.g. 420
    scenarios_tested: List[str]  # e.g. ["scenario_buying_1","scenario_selling_1"]
    view_url: str  # e.g. "https://app.relyable.ai/agents/agent_abc123/runs/run_xyz789"


class TestRunCompleted(TypedDict):
    event: Literal["test_run.completed"]
    timestamp: str  # ISO 8601
    data: TestRunCompletedData



class TestRunFailedData(TypedDict):
    test_run_id: str  # e.g. "run_xyz789"
    agent_id: str  # e.g. "agent_abc123"
    error: str  # e.g. "Phone number not reachable"
    calls_completed: int  # e.g. 2
    calls_failed: int  # e.g. 3


class TestRunFailed(TypedDict):
    event: Literal["test_run.failed"]
    timestamp: str  # ISO 8601
    data: TestRunFailedData



class AgentScoreDroppedData(TypedDict):
    agent_id: str  # e.g. "agent_abc123"
    agent_name: str  # e.g. "Real Estate Inbound Agent"
    current_score: float  # e.g. 62.5
    previous_score: float  # e.g. 78.2
    threshold: float  # e.g. 70
    drop_percentage: float  # e.g. 20.1
    period: str  # e.g. "last_24_hours"
    view_url: str  # e.g. "https://app.relyable.ai/agents/agent_abc123"


class AgentScoreDropped(TypedDict):
    event: Literal["agent.score_dropped"]
    timestamp: str  # ISO 8601
    data: AgentScoreDroppedData



class TestCaseCriticalFailureData(TypedDict):
    test_case_id: str  # e.g. "tc_emergency_routing"
    test_case_name: str  # e.g. "Agent must route emergency calls"
    agent_id: str  # e.g. "agent_abc123"
    call_id: str  # e.g. "call_def456"
    failure_reason: str  # e.g. "Agent did not transfer emergency call within 10 seconds"
    call_recording_url: str  # e.g. "https://app.relyable.ai/calls/call_def456"
    transcript: str  # e.g. "..."


class TestCaseCriticalFailure(TypedDict):
    event: Literal["test_case.critical_failure"]
    timestamp: str  # ISO 8601
    data: TestCaseCriticalFailureData


Event = Union[TestRunCompleted, TestRunFailed, AgentScoreDropped, TestCaseCriticalFailure, Dict[str, Any]]


class WebhookVerificationError(Exception):
    """The signature does not belong to the body. `reason` is from the list of `relyable webhooks verify`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class InvalidEventError(Exception):
    """The signature is right, but the body is not an event."""


def construct_event(
    raw_body: Union[bytes, str],
    signature: Optional[str],
    secret: Union[str, Sequence[str], None],
) -> Event:
    """Verifies a request and returns its event; `secret` is a list while one replaces another."""
    if isinstance(raw_body, str):
        raw_body = raw_body.encode()
    if not isinstance(raw_body, (bytes, bytearray, memoryview)):
        raise WebhookVerificationError(
            "body_reserialized",
            "The body is parsed already. Pass the raw body: request.get_data() in Flask, "
            "await request.body() in FastAPI, request.body in Django",
        )
    if signature is None:
        raise WebhookVerificationError("signature_missing", f"The request has no {SIGNATURE_HEADER} header")
    if not signature.strip():
        raise WebhookVerificationError("signature_empty", f"The {SIGNATURE_HEADER} header is empty")
    secrets = [secret] if isinstance(secret, str) else list(secret or [])
    if not secrets or not all(secrets):
        raise WebhookVerificationError("secret_empty", "The signing secret is empty: set RELYABLE_WEBHOOK_SECRET")
    if not any(_is_signed(raw_body, signature, each) for each in secrets):
        raise WebhookVerificationError(
            "secret_wrong_or_body_changed",
            "The signature does not match: another secret, or a body that was parsed and written again. "
            "Pass the raw body; `relyable webhooks verify` finds the cause",
        )
    return _parse(raw_body)


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


def _parse(body: bytes) -> Event:
    try:
        event = json.loads(bytes(body).decode("utf-8"))
    except ValueError:
        raise InvalidEventError("The signature is right, but the body is not JSON in UTF-8") from None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str) or not event["event"]:
        raise InvalidEventError('The signature is right, but the body has no text in "event"')
    return event  # type: ignore[return-value]
