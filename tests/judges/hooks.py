"""What schemathesis does not know: tus sends plain bytes under a name of its own."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
