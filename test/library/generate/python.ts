import type * as z from 'zod';
import type { EventType } from '../../../src/relyable/event-type.ts';
import { className, EVENT_TYPES, fieldsOf } from './json-schemas.ts';

/** `src/commands/code/relyable_webhooks.py`: one module without dependencies, for Python 3.9 or newer. */
export function pythonModule(): string {
  return `${HEAD}
${EVENT_TYPES.map(typedDictsOf).join('\n\n')}

Event = Union[${EVENT_TYPES.map(className).join(', ')}, Dict[str, Any]]
${VERIFY}`;
}

function typedDictsOf(event: EventType): string {
  const name = className(event);
  const fields = fieldsOf(event).map(
    ({ name: field, schema, sample }) =>
      `    ${field}: ${typeOf(schema)}  # e.g. ${JSON.stringify(sample)}\n`,
  );
  return `
class ${name}Data(TypedDict):
${fields.join('')}

class ${name}(TypedDict):
    event: Literal["${event}"]
    timestamp: str  # ISO 8601
    data: ${name}Data
`;
}

function typeOf(schema: z.core.JSONSchema.JSONSchema): string {
  switch (schema.type) {
    case 'string':
      return 'str';
    case 'number':
      return 'float';
    case 'integer':
      return 'int';
    case 'array':
      return `List[${typeOf(schema.items as z.core.JSONSchema.JSONSchema)}]`;
    default:
      throw new Error(`no Python type for ${JSON.stringify(schema)}`);
  }
}

const HEAD = `"""Verifies Relyable webhooks. Made by \`relyable webhooks code python\`; no dependencies.

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
`;

const VERIFY = `

class WebhookVerificationError(Exception):
    """The signature does not belong to the body. \`reason\` is from the list of \`relyable webhooks verify\`."""

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
    """Verifies a request and returns its event; \`secret\` is a list while one replaces another."""
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
            "Pass the raw body; \`relyable webhooks verify\` finds the cause",
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
`;
