"""Registration: where one picture lies in another, with a certificate; plain functions on arrays.

The frame is never in doubt: a matrix maps pixels of the user's picture to pixels of the model's, both as sent.
"""
