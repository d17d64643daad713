"""The event gateway's doors: CloudEvents in over HTTP, the log out as a stream or page by page, and the catalog of both."""
