import hashlib
import hmac
import json
import os

from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/webhooks/relyable")
async def relyable(request: Request) -> Response:
    # The raw body. A Pydantic parameter would be a parsed model.
    body = await request.body()
    # Joined, so that two signatures are refused; get() would take the first.
    signature = ",".join(request.headers.getlist("X-Relyable-Signature"))
    if not is_signed(body, signature):
        return Response(status_code=401)
    await save(json.loads(body))
    return Response("OK", status_code=200)


def is_signed(body: bytes, signature: str) -> bool:
    secret = os.environ.get("RELYABLE_WEBHOOK_SECRET")
    if not secret:  # anyone can sign with an empty one
        raise RuntimeError("RELYABLE_WEBHOOK_SECRET is not set")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(expected.encode(), signature.encode())


# The answer is 200 once this has returned. If it raises, the answer is 500, and Relyable sends the
# event again.
async def save(event: dict) -> None:
    print(event["event"])  # insert a row, or add a job to a queue
