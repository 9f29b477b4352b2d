"""What a page asked for, out of the browser's log: nothing but files beside it.

What the browser asks for on its own account has no initiator; what a page asks for has it.
"""

import json
import sys

log = json.load(open(sys.argv[1]))
begins = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
asked = [event.get("params", {}) for event in log["events"] if event["type"] == begins]
of_page = [request["url"] for request in asked if request.get("initiator", "not an origin") != "not an origin"]
foreign = [url for url in of_page if not url.startswith(("file:", "data:"))]
if foreign:
    sys.exit(f"the page asks for {foreign}")
