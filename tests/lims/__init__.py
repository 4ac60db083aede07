"""The Leaf Image Management System around Sluice: a stand-in for container images that cannot be had here. Its topics, ports,
names, documents and events are the system's own, and Sluice cannot tell it from the real one.

The services, a module each: image_api, image_analyzer_api, camera_job, leaf_disease_recognizer_job, users_job,
db_synchronizer_job. All of them as processes with Kafka, MongoDB and Sluice: system. For tests of Sluice alone, events
without any service: events."""
