"""A correct webhook handler: it verifies the signature of the raw body, handles each event once, and
answers 200.

Run: RELYABLE_WEBHOOK_SECRET="$(relyable webhooks listen --print-secret)" PORT=3000 python3 app.py
"""

import hashlib
import hmac
import json
import os

from flask import Flask, request
from werkzeug.serving import make_server

SECRET = os.environ["RELYABLE_WEBHOOK_SECRET"].encode()

app = Flask(__name__)
handled = set()


def is_genuine(raw_body: bytes, signature: str) -> bool:
    expected = hmac.new(SECRET, raw_body, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())


@app.post("/webhooks/relyable")
def webhook():
    # get_data, not request.json: the signature covers the bytes of the body.
    raw_body = request.get_data()
    signature = request.headers.get("X-Relyable-Signature", "")
    if not is_genuine(raw_body, signature):
        return "Invalid signature", 401
    # A retry has the same bytes and therefore the same signature.
    if signature not in handled:
        handled.add(signature)
        payload = json.loads(raw_body)
        print("handled", payload["event"], payload["data"].get("agent_id"), flush=True)
    return "OK", 200


if __name__ == "__main__":
    server = make_server("127.0.0.1", int(os.environ.get("PORT", "3000")), app, threaded=True)
    print(f"app on http://localhost:{server.server_port}/webhooks/relyable", flush=True)
    server.serve_forever()
