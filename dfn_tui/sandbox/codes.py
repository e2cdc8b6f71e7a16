"""The documented codes a call can be refused with, each with its message; version 1's and the export's with
their HTTP status."""

VERSION_1 = {
    "4001": (400, "Invalid token."),
    "4002": (400, "Invalid request."),
    "4003": (403, "This account is sanctioned."),
    "4004": (403, "No permission for this API."),
    "4005": (400, "This API is closed."),
    "4006": (429, "Rate limit exceeded."),
    "4007": (400, "Unsupported property name or value."),
    "4008": (400, "Malformed Kakao id."),
    "5001": (500, "Internal error."),
    "5002": (500, "Maintenance."),
}

# The documentation has each of version 2's codes beside HTTP 200: what is not 20000 has failed all the same.
VERSION_2 = {
    "40000": "BAD_REQUEST",
    "40001": "VALIDATION_FAILURE",
    "40101": "INVALID_SERVICE_ID",
    "40201": "INVALID_TOKEN",
    "40401": "TOO_MANY_REQUEST",
    "40402": "TOO_MANY_EVENTS",
    "40403": "TOO_MANY_USER_PROFILES",
    "50000": "INTERNAL_SERVER_ERROR",
}

# The export has messages instead of codes.
EXPORT = {
    "client_connection_closed": 200,
    "invalid_parameter": 400,
    "exceed_date_range_limit": 400,
    "unauthorized_token": 401,
    "too_many_api_requests": 429,
    "unknown_error": 500,
    "query_error": 500,
}

ALL = (*VERSION_1, *VERSION_2, *EXPORT)
