"""The messages and results of VisionMQ: types, limits and error codes; imports no other part."""
