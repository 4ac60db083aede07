"""The two APIs as the jobs call them."""

import httpx

from . import settings


class Api:
    def __init__(self, url):
        self.http = httpx.Client(base_url=url, timeout=30)

    def call(self, method, path, **options):
        return self.http.request(method, path, **options).raise_for_status().json()


class ImageApi(Api):
    def __init__(self):
        super().__init__(settings.IMAGE_API_URL)

    def create(self, plant, **image):
        return self.call("PUT", f"/image-plant/{plant}", json=image)

    def update(self, plant, **image):
        return self.call("POST", f"/image-plant/{plant}", json=image)

    def delete(self, plant, id_):
        return self.call("DELETE", f"/image-plant/{plant}/{id_}")

    def random(self, plant):
        return self.call("GET", f"/image-plant/{plant}/random/")

    def unrecognized(self, plant, from_id, limit):
        query = {"from_id": from_id, "limit": limit, "has_disease": False}
        return self.call("GET", f"/image-plant/{plant}/", params=query)["image_list"]


class Analyzer(Api):
    def __init__(self):
        super().__init__(settings.IMAGE_ANALYZER_API_URL)

    def classify(self, plant, hex_bytes):
        return self.call("POST", f"/{plant}/disease-classify-by-bytes", json={"hex_bytes": hex_bytes})
