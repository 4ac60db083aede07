"""What a service of the leaf system learns from its environment. Without it: the assignment's local addresses."""

import os

KAFKA_BOOTSTRAP_SERVERS = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9093")
MONGODB_PRODUCER_URI = os.environ.get("MONGODB_PRODUCER_URI", "mongodb://localhost:27017/")
MONGODB_CONSUMER_URI = os.environ.get("MONGODB_CONSUMER_URI", "mongodb://localhost:27018/")
IMAGE_API_URL = os.environ.get("IMAGE_API_URL", "http://localhost:8080")
IMAGE_ANALYZER_API_URL = os.environ.get("IMAGE_ANALYZER_API_URL", "http://localhost:8081")

# Seconds of the system's own time in a second: at 60 an hour passes in a minute. Every job's period is divided by it.
CLOCK_FACTOR = float(os.environ.get("CLOCK_FACTOR", "1"))

# Each container has an address of its own: 0.0.0.0 there.
LISTEN_ADDRESS = os.environ.get("LISTEN_ADDRESS", "127.0.0.1")


def port(default):
    return int(os.environ.get("PORT", default))


def metrics_port(default):
    return int(os.environ.get("METRICS_PORT", default))


def one_of(name, *values):
    """A variable with a choice of values; the first is the default."""
    value = os.environ.get(name) or values[0]
    if value not in values:
        raise SystemExit(f"{name}: got '{value}', wanted {' or '.join(filter(None, values))}")
    return value


# In which state a service's jobs begin.
START = one_of("START", "running", "paused")
