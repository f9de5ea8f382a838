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
    event = json.loads(body)
    handle(event)  # keep it short, or hand it to a queue
    return "OK", 200


def is_signed(body: bytes, signature: str) -> bool:
    secret = os.environ.get("RELYABLE_WEBHOOK_SECRET")
    if not secret:  # anyone can sign with an empty one
        raise RuntimeError("RELYABLE_WEBHOOK_SECRET is not set")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(expected.encode(), signature.encode())


def handle(event: dict) -> None:
    print(event["event"])
