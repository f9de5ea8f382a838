import hashlib
import hmac
import json
import os

from flask import Flask, abort, request

app = Flask(__name__)


@app.post("/webhooks/relyable")
def relyable():
    body = request.get_data()  # bytes; before request.json or request.form
    if not is_signed(body, request.headers.get("X-Relyable-Signature", "")):
        abort(401)
    save(json.loads(body))
    return "OK", 200


def is_signed(body: bytes, signature: str) -> bool:
    secret = os.environ.get("RELYABLE_WEBHOOK_SECRET")
    if not secret:  # anyone can sign with an empty one
        raise RuntimeError("RELYABLE_WEBHOOK_SECRET is not set")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(expected.encode(), signature.encode())


# The answer is 200 once this has returned. If it raises, the answer is 500, and Relyable sends the
# event again.
def save(event: dict) -> None:
    print(event["event"])  # insert a row, or add a job to a queue
