"""The service that a pod of the leaf system is, by its name: camera-job-potato-5d9c7b6f4-x2x8p is lims.camera_job.

    python -m pods
"""

import os
import socket
import sys

# Whose module has another name than the Deployment.
SERVICES = {
    "kafka": ["pods.broker"],
    "mongodb-producer": ["pods.database", "imagedbplantproducer"],
    "mongodb-consumer": ["pods.database", "imagedbplantconsumer"],
    "camera-job-potato": ["lims.camera_job"],
    "camera-job-tomato": ["lims.camera_job"],
    "camera-job-pepper": ["lims.camera_job"],
    "user-job": ["lims.users_job"],
}


def main():
    deployment, _, _ = socket.gethostname().rsplit("-", 2)
    module = SERVICES.get(deployment, [f"lims.{deployment.replace('-', '_')}"])
    os.environ["PORT"] = "8080" if deployment.endswith("-api") else "5000"  # the assignment's
    os.execv(sys.executable, [sys.executable, "-m", *module])


if __name__ == "__main__":
    main()
