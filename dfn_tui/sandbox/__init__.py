"""Both versions of the API as one local server, for a first try and for tests.

What the platform's documentation leaves open, this server decides as follows:

- Both versions serve the same people. A user's `user_id` (version 1) is their `external_id`
  (version 2), and the consents of version 2 are the version 1 flags they correspond to.
  Properties and contact data are each version's own: their names, types and rules differ.
- Version 2 looks a user up by `external_id` first, then by the other identities in the documented
  order. Linking an identity that somebody else has makes one person of the two, who keeps what the
  first one had; the other's `external_id` leads nowhere then. Deleting takes the whole profile away with
  all its consents, whatever is named beside the `external_id`.
- A version 1 code that comes with an HTTP error refuses the whole request: nothing is applied.
- A malformed phone number in version 1 is 4007, as no code of its own is documented.
- A CI field or property that is not set is left out of the answer; flags alone are `Undefined`.
- Version 2 answers every refusal with HTTP 200 and a code that is not 20000. The one
  audience its export knows is `nwh3nu`: users with push advertising on.
- One rate window per documented limit: version 1, version 2 profile, identity, and export.

Importing this package loads no web server.
"""
