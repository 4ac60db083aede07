"""What both APIs and every job's page share: an application that answers /ping, and a server that SIGTERM ends in order."""

import fastapi
import uvicorn

from . import settings

ALIVE = "Hello, I am alive"


def application(title, **options):
    app = fastapi.FastAPI(title=title, **options)

    @app.get("/ping", tags=["status"])
    def ping():
        return ALIVE

    return app


def serve(app, default_port):
    uvicorn.run(app, host=settings.LISTEN_ADDRESS, port=settings.port(default_port), log_level="warning",
                timeout_graceful_shutdown=5)
