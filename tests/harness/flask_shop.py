"""An application that knows nothing of Redline: Flask as people write it. Started under gunicorn by the gateway's tests."""
import hashlib
import time

from flask import Flask, Response, jsonify, redirect, request, session

app = Flask(__name__)
app.secret_key = "tests only"
seen = []
watchers = []


@app.before_request
def remember():
    if request.path != "/seen":
        seen.append(f"{request.method} {request.environ['RAW_URI']}")


@app.get("/seen")
def what_was_seen():
    taken = seen[:]
    del seen[: len(taken)]
    return jsonify(requests=taken, watchers=len(watchers))


@app.get("/ticks")
def ticks():
    def events():
        watchers.append(1)
        try:
            while True:
                yield "data: tick\n\n"
                time.sleep(0.02)
        finally:
            watchers.pop()

    return Response(events(), mimetype="text/event-stream")


@app.get("/")
def home():
    return "<h1>Shop</h1>"


@app.get("/who")
def who():
    names = {name: value for name, value in request.environ.items() if name.startswith("HTTP_")}
    return jsonify(names=names, path=request.path, query=request.query_string.decode(), address=request.remote_addr)


@app.post("/cart")
def cart():
    session["item"] = request.form["item"]
    return redirect("/cart/shown")


@app.get("/cart/shown")
def shown():
    return session.get("item", "nothing")


@app.route("/digest", methods=["POST", "PUT"])
def digest():
    sum_of_all = hashlib.sha256()
    size = 0
    while piece := request.stream.read(65536):
        sum_of_all.update(piece)
        size += len(piece)
    return jsonify(sha256=sum_of_all.hexdigest(), size=size, encoding=request.headers.get("Transfer-Encoding", ""))


@app.get("/letters/<int:count>")
def letters(count):
    def pieces():
        for _ in range(count):
            yield b"x" * 65536

    return Response(pieces(), mimetype="text/plain")


@app.get("/file")
def file():
    return Response(b"0123456789" * 10, mimetype="application/octet-stream", headers={"ETag": '"one"'})


@app.get("/fails")
def fails():
    raise RuntimeError("the application broke")
