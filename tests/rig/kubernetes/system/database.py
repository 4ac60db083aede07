"""A database of the leaf system, filled before anybody can reach it.

    python -m pods.database DATABASE
"""

import os
import subprocess
import sys

from lims.populate import fill, snapshot

import pymongo

MONGOD = ["mongod", "--dbpath", "/data", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25",
          "--setParameter", "diagnosticDataCollectionEnabled=false"]


def main(database, each="100"):
    mongod = subprocess.Popen([*MONGOD, "--bind_ip", "127.0.0.1"], stdout=subprocess.DEVNULL)
    with pymongo.MongoClient("mongodb://127.0.0.1:27017/", serverSelectionTimeoutMS=120000) as client:
        fill(client, database, snapshot(int(each)))
    mongod.terminate()
    mongod.wait()
    os.execvp("mongod", [*MONGOD, "--bind_ip_all"])


if __name__ == "__main__":
    main(*sys.argv[1:])
