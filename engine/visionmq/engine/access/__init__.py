"""Access: users, cars, bookings and engineers, and the decision whether a person may take a car now."""
