"""The stack of the requirement, as its users would write it: Flask, Flask-Limiter and usage tracking in Redis, PyJWT.
Started by bench/run.mjs under gunicorn with gevent workers."""
import os
import time

import jwt
import redis
from flask import Flask, g, jsonify, request
from flask_limiter import Limiter

SECRET = os.environ["BENCH_JWT_SECRET"]
REDIS_URL = os.environ["BENCH_REDIS_URL"]
app = Flask(__name__)
store = redis.Redis.from_url(REDIS_URL)


def user_of_token():
    header = request.headers.get("Authorization", "")
    claims = jwt.decode(header.removeprefix("Bearer "), SECRET, algorithms=["HS256"], audience="authenticated")
    return claims["sub"]


limiter = Limiter(key_func=lambda: g.user, app=app, storage_uri=REDIS_URL, default_limits=["1000000000 per hour"])


@app.before_request
def sign_in():
    g.user = user_of_token()


# Flask-Limiter registers its own before_request when the app is given: put the sign-in first.
functions = app.before_request_funcs[None]
functions.insert(0, functions.pop())


@app.post("/v1/beats")
def beat():
    store.hset("usage:" + g.user, "last_seen", time.time())
    return jsonify(remaining_seconds=3600)
