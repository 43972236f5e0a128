"""Runs migrations over the connection that the store hands in; there is no other way to run them."""

from alembic import context

from visionmq.engine.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
