"""Personal values at rest: AES-256-GCM, and what else is made with the same key."""

import hashlib
import hmac
import os

KEY_BYTES = 32
NONCE_BYTES = 12
_FINGERPRINT_BYTES = 16


class Sealer:
    """Seals and opens values, signs the chain's head, and gives personal ids a handle to find them by.

    One key from the keyring stands behind all of that, each use with a key of its own derived from it.
    Raises ValueError when the key is not 32 bytes long.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a sealing key has 32 bytes")
        self._values = _derived(key, b"sealed values")
        self._heads = _derived(key, b"heads")
        self._handles = _derived(key, b"handles")
        self._fingerprints = _derived(key, b"fingerprints")
        self.key_id = _derived(key, b"name")[:8]

    def seal(self, plain: bytes, context: bytes) -> tuple[bytes, bytes]:
        """Nonce and ciphertext; `context` must be given again to open it."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  20 ms

        nonce = os.urandom(NONCE_BYTES)
        return nonce, AESGCM(self._values).encrypt(nonce, plain, context)

    def open(self, nonce: bytes, ciphertext: bytes, context: bytes) -> bytes | None:
        """The value, or None when another key sealed it."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        try:
            return AESGCM(self._values).decrypt(nonce, ciphertext, context)
        except (InvalidTag, ValueError):  # ValueError: a nonce of a wrong length
            return None

    def sign(self, since: int, count: int, digest: bytes) -> bytes:
        """The signature of a chain of `count` entries ending in `digest`, vouched for from `since` on."""
        return hmac.digest(self._heads, b"%d %d " % (since, count) + digest, hashlib.sha256)

    def signed(self, signature: bytes, since: int, count: int, digest: bytes) -> bool:
        return hmac.compare_digest(signature, self.sign(since, count, digest))

    def handle(self, value: str) -> str:
        """The same text for the same id. Without the key it can neither be made nor be guessed back."""
        return "#" + hmac.digest(self._handles, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    def token_mark(self, token: str) -> str:
        """By which a token is known again, and nothing else."""
        return hmac.digest(self._fingerprints, b"token: " + token.encode(), hashlib.sha256).hex()

    def fingerprint(self, value: str) -> bytes:
        """As `handle`, short, for a million of them; no handle of the journal can be told from it."""
        digest = hmac.digest(
            self._fingerprints, b"id: " + value.encode("utf-8", "surrogatepass"), hashlib.sha256
        )
        return digest[:_FINGERPRINT_BYTES]


def commitment(nonce: bytes, ciphertext: bytes) -> str:
    """What the chain keeps of a sealed value, so that it may be dropped but not altered."""
    return hashlib.sha256(nonce + ciphertext).hexdigest()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"dfn-tui journal: " + purpose, hashlib.sha256)
