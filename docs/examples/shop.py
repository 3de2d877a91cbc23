#!/usr/bin/env python3
"""Asks GlobalMart's API for figures, pages and a file, and follows what changes. Needs Python 3.9 and nothing else.

    python3 docs/examples/shop.py --url http://127.0.0.1:8000 --key globalmart-api-key-2024
"""

import argparse
import http.client
import itertools
import json
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request

ATTEMPTS = 5
NOT_MODIFIED, TOO_MANY, UNAVAILABLE = 304, 429, 503


class Shop:
    """The API of a shop, asked with one key."""

    def __init__(self, url, key):
        self.url, self.key = url.rstrip("/"), key
        self.known = {}  # entity tag and answer, by address

    def open(self, path, params, headers=None):
        """Opens an answer. Where the API says that it has no time now, asks again when it says so."""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(params)}"
        for attempt in range(1, ATTEMPTS + 1):
            request = urllib.request.Request(address, headers={"X-API-Key": self.key, **(headers or {})})
            try:
                return urllib.request.urlopen(request, timeout=60)
            except urllib.error.HTTPError as error:
                if error.code == NOT_MODIFIED:
                    raise
                if error.code in (TOO_MANY, UNAVAILABLE) and attempt < ATTEMPTS:
                    time.sleep(int(error.headers.get("Retry-After", 1)))
                    continue
                problem = json.load(error)  # RFC 9457
                raise SystemExit(f"{problem['title']}: {problem['detail']} (request {problem['instance']})") from None

    def get(self, path, **params):
        """Returns an answer, {"data": ..., "meta": ...}: the one that is known already if it still holds."""
        asked = (path, *sorted(params.items()))
        tag, answer = self.known.get(asked, (None, None))
        try:
            with self.open(path, params, {"If-None-Match": tag} if tag else None) as response:
                answer = json.load(response)
                self.known[asked] = response.headers["ETag"], answer
        except urllib.error.HTTPError:  # not modified: open raises no other
            pass
        return answer

    def pages(self, path, **params):
        """Yields the data of each page of a list."""
        while True:
            data = self.get(path, **params)["data"]
            yield data
            if data["next_cursor"] is None:
                return
            params["cursor"] = data["next_cursor"]

    def export(self, path, file, **params):
        """Writes all rows of a list or a series to a file, as CSV. One that breaks off raises http.client.IncompleteRead."""
        with self.open(path, {**params, "format": "csv"}) as response, open(file, "wb") as out:
            shutil.copyfileobj(response, out)

    def follow(self, *topics):
        """Yields topics and their answers as they change, for ever. A stream that breaks off is taken up where it was."""
        last = None
        while True:
            try:
                with self.open("stream", {"topics": ",".join(topics)}, {"Last-Event-ID": last} if last else None) as stream:
                    event = {}
                    for line in stream:
                        field, _, value = line.decode().rstrip("\r\n").partition(": ")
                        if line.strip():
                            event[field] = value
                            continue
                        last = event.get("id", last)
                        if event.get("event") in topics:
                            yield event["event"], json.loads(event["data"])
                        event = {}
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--key", default="globalmart-api-key-2024", help="the default is for development and public")
    parser.add_argument("--file", default="sales-by-country.csv", help="where the export goes")
    parser.add_argument("--events", type=int, default=5, help="how many changes to wait for")
    args = parser.parse_args()
    shop = Shop(args.url, args.key)

    answer = shop.get("kpis", range="today")
    print(f"today, as of {answer['meta']['as_of']}, amounts in minor units of {answer['meta']['currency']}:")
    for kpi in answer["data"]["kpis"]:
        print(f"  {kpi['kpi']}: {kpi['value']}")

    for number, page in enumerate(itertools.islice(shop.pages("inventory", limit=100), 3), 1):
        print(f"page {number} of the stock: {len(page['products'])} of {page['totals']['products']} products")

    shop.export("sales/by-country", args.file, range="7d")
    print(f"sales by country are in {args.file}")

    for topic, answer in itertools.islice(shop.follow("sales", "stock"), args.events):
        print(f"{topic} at {answer['meta']['as_of']}: {json.dumps(answer['data'])[:100]}")


if __name__ == "__main__":
    main()
