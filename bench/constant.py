"""`python -m bench.constant PORT`: the bare framework with a constant answer, on one process."""

import sys

import uvicorn
from fastapi import FastAPI, Response

_BODY = b'{"status":"processing"}' + b" " * 700  # as long as a job's answer
app = FastAPI()


@app.get("/constant")
async def constant() -> Response:
    """Answer without a database."""
    return Response(_BODY, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
