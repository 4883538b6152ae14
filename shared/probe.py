"""`python -m shared.probe`: asks the process in this container whether it is ready (no curl)."""

import os
import sys
import urllib.error
import urllib.request

_PATIENCE = 4.0  # seconds


def main() -> int:
    """Return 0 where `/readyz` on HEALTH_PORT answers 200, else 1 and the reason."""
    url = f"http://127.0.0.1:{os.environ.get('HEALTH_PORT', '8080')}/readyz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_PATIENCE):
            return 0
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"{url}: {error.code} {error.read(1000).decode(errors='replace')}\n")
    except OSError as error:
        sys.stderr.write(f"{url}: {error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
