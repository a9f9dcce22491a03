"""The hub: takes, proves, routes and delivers the messages of the province's trading systems."""
