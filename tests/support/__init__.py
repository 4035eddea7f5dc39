"""What the tests stand on: real servers, the whole system in one process, and builders."""
