"""A chat server on python-socketio, which knows nothing of Holdfast.

Messages are in SQLite. Their primary key is what makes a message that is sent again take effect once.
"""

import os
import sqlite3
import uuid

import socketio
import uvicorn

PORT = int(os.environ.get("SERVER_PORT", 3001))

db = sqlite3.connect(os.environ.get("MESSAGES_FILE", "messages.db"))
db.execute("CREATE TABLE IF NOT EXISTS messages (author TEXT, id TEXT, text TEXT, PRIMARY KEY (author, id))")

# The page comes from another port. Handlers run in the order in which messages arrive.
sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*", async_handlers=False)


@sio.event
async def connect(sid, environ, auth):
    # A real app verifies a token here.
    await sio.save_session(sid, {"user": auth["userId"]})
    rows = db.execute("SELECT author, id, text FROM messages ORDER BY rowid")
    history = [{"from": author, "id": id, "text": text} for author, id, text in rows]
    await sio.emit("history", history, to=sid)


@sio.event
async def send_message(sid, message):
    author = (await sio.get_session(sid))["user"]
    # A plain emit has no id of Holdfast.
    id, text = message.get("_tempId") or str(uuid.uuid4()), message["text"]
    with db:
        insert = "INSERT OR IGNORE INTO messages VALUES (?, ?, ?)"
        is_new = db.execute(insert, (author, id, text)).rowcount == 1
    if is_new:
        await sio.emit("message:new", {"from": author, "id": id, "text": text})
    # python-socketio acknowledges the message when the handler returns.


if __name__ == "__main__":
    print(f"The server listens on http://localhost:{PORT}. Stop it with: kill -9 {os.getpid()}", flush=True)
    uvicorn.run(socketio.ASGIApp(sio), port=PORT, log_level="warning", ws="websockets-sansio")
