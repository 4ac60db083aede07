"""The Leaf Image Management System around Sluice, as far as the tests and the demo need it: a stand-in whose events,
topics, databases and documents are the system's own."""
