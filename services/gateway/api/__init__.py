"""One router a resource; all of them stand under /api."""
