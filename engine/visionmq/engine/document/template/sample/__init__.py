"""A made-up library card: its drawing, photographs of it with truth, and the bundle that reads it.

python -m visionmq.engine.document.template.sample FOLDER --seed 7 --count 20
"""
