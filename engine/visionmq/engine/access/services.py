"""What a keeper answers about access: a line a method."""

from typing import Final

from visionmq.engine.access import (
    bookings,
    casing,
    engineers,
    facing,
    forgetting,
    logins,
    methods,
    noncing,
    policies,
    returning,
    users,
    validating,
    vehicles,
)

ROWS: Final = (
    (methods.PREPARE, logins.prepare),
    (methods.VALIDATE, validating.validate),
    (methods.FACE, facing.face),
    (methods.CASE, casing.verify_case),
    (methods.NONCE, noncing.give_nonce),
    (methods.RETURN, returning.return_car),
    (methods.ADD_USER, users.add_user),
    (methods.EDIT_USER, users.edit_user),
    (methods.SET_PASSWORD, users.set_password),
    (methods.UNLOCK, users.unlock),
    (methods.USERS, users.list_users),
    (methods.FORGET_USER, forgetting.forget_user),
    (methods.ADD_VEHICLE, vehicles.add_vehicle),
    (methods.EDIT_VEHICLE, vehicles.edit_vehicle),
    (methods.ROTATE_KEY, vehicles.rotate_device_key),
    (methods.REMOVE_VEHICLE, vehicles.remove_vehicle),
    (methods.VEHICLES, vehicles.list_vehicles),
    (methods.BOOK, bookings.book),
    (methods.CANCEL, bookings.cancel_booking),
    (methods.BOOKINGS, bookings.list_bookings),
    (methods.ADD_ENGINEER, engineers.add_engineer),
    (methods.REMOVE_ENGINEER, engineers.remove_engineer),
    (methods.ASSIGN, engineers.assign),
    (methods.UNASSIGN, engineers.unassign),
    (methods.ENGINEERS, engineers.list_engineers),
    (methods.POLICY, policies.get_policy),
    (methods.SET_POLICY, policies.set_policy),
)
"""Methods and their handlers."""
