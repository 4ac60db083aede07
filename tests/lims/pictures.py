"""Leaves: real JPEGs of 10 to 60 KB, drawn once and used again."""

import io
import random

from PIL import Image, ImageDraw


def draw_leaf(rng, size):
    """One JPEG of about `size` bytes."""
    side = 256
    image = Image.effect_noise((side, side), 60).convert("RGB")
    draw = ImageDraw.Draw(image, "RGBA")
    green = (rng.randrange(20, 90), rng.randrange(110, 200), rng.randrange(20, 90), 200)
    draw.ellipse((40, 70, 216, 190), fill=green)
    draw.line((40, 130, 216, 130), fill=(20, 60, 20, 255), width=3)
    for _ in range(rng.randrange(6)):
        x, y = rng.randrange(60, 190), rng.randrange(90, 170)
        draw.ellipse((x, y, x + 14, y + 10), fill=(110, 70, 30, 220))
    for quality in (95, 90, 80, 70, 60, 50, 40, 30):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        if out.tell() <= size:
            break
    return out.getvalue()


def album(seed, count=40):
    rng = random.Random(seed)
    return [draw_leaf(rng, rng.randrange(10_000, 60_000)) for _ in range(count)]
