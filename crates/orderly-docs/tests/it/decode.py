"""Prints all barcodes of a picture as JSON, read by zxing-cpp."""

import json
import sys

import zxingcpp
from PIL import Image

picture = Image.open(sys.argv[1]).convert("L")
codes = []
for code in zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.HRI):
    place = code.position
    corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left]
    codes.append({
        "format": str(code.format),
        "text": code.text,
        "symbology": code.symbology_identifier,
        "edges": [
            min(corner.x for corner in corners),
            min(corner.y for corner in corners),
            max(corner.x for corner in corners),
            max(corner.y for corner in corners),
        ],
    })
print(json.dumps(codes))
