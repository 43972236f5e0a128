"""Administration of access: users, cars, bookings, engineers and rules, as `client.access`."""

from typing import Any

from visionmq.client import access_bookings, access_rules, access_users, access_vehicles
from visionmq.client.calls import Awaiting, Blocking, awaited, blocking
from visionmq.client.replies import Reply


class Administration:
    """Users, cars, bookings, engineers and rules; `client.access`."""

    def __init__(self, client: Blocking) -> None:
        self._client = client

    def call(self, operation: str, params: Any, images: Any, **options: Any) -> Reply[Any]:
        """Send a request as the client does."""
        return self._client.call(operation, params, images, **options)

    nonce = blocking(access_vehicles.nonce)
    add_user = blocking(access_users.add_user)
    edit_user = blocking(access_users.edit_user)
    set_password = blocking(access_users.set_password)
    unlock = blocking(access_users.unlock)
    users = blocking(access_users.users)
    forget_user = blocking(access_users.forget_user)
    add_vehicle = blocking(access_vehicles.add_vehicle)
    edit_vehicle = blocking(access_vehicles.edit_vehicle)
    rotate_device_key = blocking(access_vehicles.rotate_device_key)
    remove_vehicle = blocking(access_vehicles.remove_vehicle)
    vehicles = blocking(access_vehicles.vehicles)
    book = blocking(access_bookings.book)
    cancel_booking = blocking(access_bookings.cancel_booking)
    bookings = blocking(access_bookings.bookings)
    add_engineer = blocking(access_bookings.add_engineer)
    remove_engineer = blocking(access_bookings.remove_engineer)
    assign = blocking(access_bookings.assign)
    unassign = blocking(access_bookings.unassign)
    engineers = blocking(access_bookings.engineers)
    import_rows = blocking(access_rules.import_rows)
    policy = blocking(access_rules.policy)
    set_policy = blocking(access_rules.set_policy)


class AsyncAdministration:
    """Users, cars, bookings, engineers and rules, for asyncio."""

    def __init__(self, client: Awaiting) -> None:
        self._client = client

    async def call(self, operation: str, params: Any, images: Any, **options: Any) -> Reply[Any]:
        """Send a request as the client does."""
        return await self._client.call(operation, params, images, **options)

    nonce = awaited(access_vehicles.nonce)
    add_user = awaited(access_users.add_user)
    edit_user = awaited(access_users.edit_user)
    set_password = awaited(access_users.set_password)
    unlock = awaited(access_users.unlock)
    users = awaited(access_users.users)
    forget_user = awaited(access_users.forget_user)
    add_vehicle = awaited(access_vehicles.add_vehicle)
    edit_vehicle = awaited(access_vehicles.edit_vehicle)
    rotate_device_key = awaited(access_vehicles.rotate_device_key)
    remove_vehicle = awaited(access_vehicles.remove_vehicle)
    vehicles = awaited(access_vehicles.vehicles)
    book = awaited(access_bookings.book)
    cancel_booking = awaited(access_bookings.cancel_booking)
    bookings = awaited(access_bookings.bookings)
    add_engineer = awaited(access_bookings.add_engineer)
    remove_engineer = awaited(access_bookings.remove_engineer)
    assign = awaited(access_bookings.assign)
    unassign = awaited(access_bookings.unassign)
    engineers = awaited(access_bookings.engineers)
    import_rows = awaited(access_rules.import_rows)
    policy = awaited(access_rules.policy)
    set_policy = awaited(access_rules.set_policy)
