"""The broker: routes requests to workers; opens no picture and imports no engine."""
