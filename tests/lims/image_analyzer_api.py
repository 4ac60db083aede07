"""The Image Analyzer API (section 6.1.2): which disease a leaf has. A stand-in for the TensorFlow models: the answer is one
of the plant's classes, made from a digest of the picture's bytes, so that the same picture always gets the same one.

    python -m lims.image_analyzer_api        PORT (8081)
"""

import hashlib
import io
from typing import Annotated

import fastapi
import pydantic
from PIL import Image

from .classes import CLASSES
from .service import application, serve


class HexBytes(pydantic.BaseModel):
    hex_bytes: str


class Classification(pydantic.BaseModel):
    predicted_class: str
    confidence: float


def classify(plant, picture):
    try:
        Image.open(io.BytesIO(picture), formats=["JPEG"]).load()
    except (OSError, SyntaxError) as error:  # what Pillow raises for bytes that are no picture
        raise fastapi.HTTPException(400, f"this is no JPEG: {error}") from None
    digest = hashlib.sha256(picture).digest()
    classes = CLASSES[plant]
    return Classification(predicted_class=classes[digest[0] % len(classes)],
                          confidence=0.5 + int.from_bytes(digest[1:5]) / 2**33)


def handlers(plant):
    router = fastapi.APIRouter()

    @router.post("/disease-classify")
    def disease_classify(file: Annotated[bytes, fastapi.File()]) -> Classification:
        return classify(plant, file)

    @router.post("/disease-classify-by-bytes")
    def disease_classify_by_bytes(body: HexBytes) -> Classification:
        try:
            return classify(plant, bytes.fromhex(body.hex_bytes))
        except ValueError as error:
            raise fastapi.HTTPException(400, f"hex_bytes: {error}") from None

    return router


def image_analyzer_api():
    app = application("Image Analyzer API")
    for plant in CLASSES:
        app.include_router(handlers(plant), prefix=f"/{plant}", tags=[plant])
    return app


if __name__ == "__main__":
    serve(image_analyzer_api(), 8081)
