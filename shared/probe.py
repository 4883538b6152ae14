"""`python -m shared.probe [VARIABLE]`: asks the process in this container whether it is ready.

VARIABLE names the environment's port to ask on, HEALTH_PORT without it: the gateway is ready once
it answers where people call, on PORT. (Images have no curl.)
"""

import os
import sys
import urllib.error
import urllib.request

_PATIENCE = 4.0  # seconds


def main() -> int:
    """Return 0 where `/readyz` answers 200, else 1 and the reason; 2 where no port is set."""
    variable = (*sys.argv[1:], "HEALTH_PORT")[0]
    port = os.environ.get(variable)
    if not port:
        sys.stderr.write(f"{variable} is not set: it says which port /readyz is asked on\n")
        return 2
    url = f"http://127.0.0.1:{port}/readyz"
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
