"""Socket.IO servers of the package python-socketio, as a process of its own.

`python server.py asgi` runs under uvicorn, `python server.py threading` under Werkzeug with a thread for each
connection. README.md in the folder above says what the environment means.
"""

import logging
import os
import signal
import socket
import sys

import socketio

PORT = int(os.environ["PORT"])
ACKNOWLEDGES = os.environ["MODE"] == "acks"
LOG = os.open(os.environ["LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

OPTIONS = {
    "cors_allowed_origins": "*",
    "ping_interval": int(os.environ["PING_INTERVAL_MS"]) / 1000,
    "ping_timeout": int(os.environ["PING_TIMEOUT_MS"]) / 1000,
}
if os.environ.get("TRANSPORTS"):
    OPTIONS["transports"] = os.environ["TRANSPORTS"].split(",")

left = int(os.environ.get("DIE_AFTER") or 0)


def note(line):
    os.write(LOG, (line + "\n").encode())


def take(sio, event, data):
    """Notes an event and returns what its handler returns."""
    global left
    fields = data if isinstance(data, dict) else {}
    note(f"{event} {fields.get('_tempId', '-')} {fields.get('n', '-')}")
    if event != "send_message":
        return sio.not_handled
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    # python-socketio acknowledges whatever a handler returns, None included. This is its one value that
    # makes it acknowledge nothing, as it does for an event without a handler.
    return {"success": True, "_tempId": fields.get("_tempId")} if ACKNOWLEDGES else sio.not_handled


def listener():
    """A listening socket, and the line that says where."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", PORT))
    listening.listen(128)
    print(f"Server: http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    return listening


def serve_asgi():
    import uvicorn

    sio = socketio.AsyncServer(async_mode="asgi", **OPTIONS)

    @sio.event
    async def connect(sid, environ):
        note(f"+ {sid}")

    @sio.on("*")
    async def anything(event, sid, data=None):
        return take(sio, event, data)

    config = uvicorn.Config(socketio.ASGIApp(sio), log_level="critical", ws="websockets-sansio")
    uvicorn.Server(config).run(sockets=[listener()])


def serve_threading():
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    # By default each event is handled in a thread of its own, and threads overtake each other.
    sio = socketio.Server(async_mode="threading", async_handlers=False, **OPTIONS)

    @sio.event
    def connect(sid, environ):
        note(f"+ {sid}")

    @sio.on("*")
    def anything(event, sid, data=None):
        return take(sio, event, data)

    def missing(environ, start_response):
        start_response("404 Not Found", [])
        return []

    listening = listener()
    app = socketio.WSGIApp(sio, missing)
    make_server("127.0.0.1", 0, app, threaded=True, fd=listening.fileno()).serve_forever()


{"asgi": serve_asgi, "threading": serve_threading}[sys.argv[1]]()
