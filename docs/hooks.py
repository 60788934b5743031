"""What MkDocs calls while it builds the site: pages that are generated from the code."""

from __future__ import annotations
