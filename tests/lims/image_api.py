"""The Image API (section 6.1.1 of the assignment): images of three plants in the producer's database, each change an event.

    python -m lims.image_api        PORT (8080), METRICS_PORT (8050), MONGODB_PRODUCER_URI, KAFKA_BOOTSTRAP_SERVERS
"""

import contextlib
import datetime
import signal
import sys
import time
from typing import Annotated

import fastapi
import prometheus_client
import pydantic
import pymongo
from fastapi.responses import JSONResponse, Response
from pymongo.errors import PyMongoError

from . import settings
from .classes import PLANTS
from .events import PRODUCER, to_json
from .images import Images
from .outbox import Outbox
from .service import application, serve

Id = Annotated[int, pydantic.Field(ge=1, le=2**31 - 1)]
Number = Annotated[float, pydantic.Field(allow_inf_nan=False)]
Coordinates = Annotated[list[Number], pydantic.Field(min_length=2, max_length=2)]


class NewImage(pydantic.BaseModel):
    camera_id: Id
    gps_coordinates: Coordinates


class Changes(pydantic.BaseModel):
    """What is not there stays as it is."""
    id: Id
    camera_id: Id = None
    gps_coordinates: Coordinates = None
    disease: str | None = None
    percentage: Number | None = None
    is_active: bool = None
    is_deleted: bool = None


class Image(pydantic.BaseModel):
    id: int
    camera_id: int
    data: str
    gps_coordinates: list[float]
    created_at: datetime.datetime
    updated_at: datetime.datetime | None
    is_active: bool
    is_deleted: bool
    disease: str | None
    percentage: float | None


class ImageList(pydantic.BaseModel):
    image_list: list[Image]
    total_images: int


def answer(content):
    """Images as the events tell them."""
    return Response(to_json(content), media_type="application/json")


def found(document):
    if document is None:
        raise fastapi.HTTPException(404, "there is no such image")
    return answer(document)


def handlers(images):
    """One plant's. A path is known with and without a slash at its end."""
    router = fastapi.APIRouter()

    def route(method, path, **options):
        def register(handler):
            router.add_api_route(path, handler, methods=[method], **options)
            other = path[:-1] if path.endswith("/") else path + "/"
            router.add_api_route(other, handler, methods=[method], include_in_schema=False)
            return handler

        return register

    @route("GET", "/total/")
    def total():
        return {"total_images": images.total()}

    @route("GET", "/random/", response_model=Image)
    def random_image(is_active: bool = None, has_disease: bool = None):
        return found(images.random(is_active, has_disease))

    @route("GET", "/{image_id}", response_model=Image)
    def image(image_id: Id):
        return found(images.get(image_id))

    @route("GET", "/", response_model=ImageList)
    def batch(from_id: Id, limit: Annotated[int, fastapi.Query(ge=1, le=1000)], is_active: bool = None,
              has_disease: bool = None):
        return answer({"image_list": images.batch(from_id, limit, is_active, has_disease),
                       "total_images": images.total()})

    @route("PUT", "", response_model=Image)
    def create(new: NewImage):
        return answer(images.create(new.camera_id, new.gps_coordinates))

    @route("POST", "", response_model=Image)
    def update(changes: Changes):
        return found(images.update(changes.id, changes.model_dump(exclude_unset=True, exclude={"id"})))

    @route("DELETE", "/{image_id}")
    def delete(image_id: Id):
        found(images.delete(image_id))
        return {"message": "Image deleted successfully"}

    return router


def image_api():
    """Comes back when the database has answered, as long as that takes."""
    # journal: what a killed server has answered is still there.
    database = pymongo.MongoClient(settings.MONGODB_PRODUCER_URI, journal=True, serverSelectionTimeoutMS=3000)[PRODUCER]
    outbox = Outbox(database)
    of_plant = {plant: Images(database, plant, outbox) for plant in PLANTS}
    start(of_plant, outbox)

    @contextlib.asynccontextmanager
    async def lifespan(_):
        prometheus_client.start_http_server(settings.metrics_port(8050), settings.LISTEN_ADDRESS)
        yield
        outbox.stop()

    app = application("Image API", lifespan=lifespan)
    for plant, images in of_plant.items():
        app.include_router(handlers(images), prefix=f"/image-plant/{plant}", tags=[plant])

    @app.exception_handler(PyMongoError)
    def database_is_away(_, error):
        return JSONResponse({"detail": f"the database: {error}"}, 503)

    return app


def start(of_plant, outbox):
    while True:
        try:
            for images in of_plant.values():
                images.start()
            return outbox.start(of_plant)
        except PyMongoError as error:
            print(f"waiting for the database: {error}", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    for ends in (signal.SIGTERM, signal.SIGINT):  # while the database is waited for; then the server has them
        signal.signal(ends, lambda *_: sys.exit())
    serve(image_api(), 8080)
