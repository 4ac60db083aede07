"""Real servers for the tests and the demo: Kafka, MongoDB and Sluice itself as child processes, each on free ports, in a
temporary folder of its own, ended by its process id."""
