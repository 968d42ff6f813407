"""The rekuest server: records, routes and guards every call."""
