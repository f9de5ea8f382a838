import hashlib
import hmac
import json
import os

from fastapi import BackgroundTasks, FastAPI, Request, Response

app = FastAPI()


@app.post("/webhooks/relyable")
async def relyable(request: Request, tasks: BackgroundTasks) -> Response:
    # The raw body. A Pydantic parameter would be a parsed model.
    body = await request.body()
    if not is_signed(body, request.headers.get("X-Relyable-Signature", "")):
        return Response(status_code=401)
    tasks.add_task(handle, json.loads(body))  # runs after the answer
    return Response("OK", status_code=200, background=tasks)


def is_signed(body: bytes, signature: str) -> bool:
    secret = os.environ.get("RELYABLE_WEBHOOK_SECRET")
    if not secret:  # anyone can sign with an empty one
        raise RuntimeError("RELYABLE_WEBHOOK_SECRET is not set")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(expected.encode(), signature.encode())


def handle(event: dict) -> None:
    print(event["event"])
