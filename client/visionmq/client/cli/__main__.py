"""`python -m visionmq.client.cli`: the command `visionmq` where its script is not on the path."""

from visionmq.client.cli import main

main()
