"""The key that a server signs its tokens with.  Made on the first start, kept in the data folder."""

from __future__ import annotations

import json
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from rekuest.errors import UsageError
from rekuest.server.identity.files import make_private_dir, write_private

__all__ = ["KEY_FILE", "load_key", "make_key"]

KEY_FILE = "signing-key.json"


def make_key() -> OKPKey:
    """Return a new Ed25519 key, named by its thumbprint (RFC 7638)."""
    return OKPKey.generate_key("Ed25519", auto_kid=True)


def load_key(data_dir: Path) -> OKPKey:
    """Return the data folder's key; make it if there is none.

    Raises:
        UsageError: The file is there and holds no key.
    """
    path = data_dir / KEY_FILE
    if not path.exists():
        make_private_dir(data_dir)
        key = make_key()
        write_private(path, json.dumps(key.as_dict(private=True)))
        return key
    try:
        return OKPKey.import_key(json.loads(path.read_text(encoding="utf-8")))
    except (JoseError, ValueError, TypeError, KeyError) as exc:
        raise UsageError(
            f"cannot read the signing key {str(path)!r}: {type(exc).__name__}; restore the file, "
            "or delete it (every token that was issued with it ends)"
        ) from exc
