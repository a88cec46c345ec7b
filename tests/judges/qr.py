"""Reads the QR code of a drawing in SVG, given on standard input, as a camera would."""
import re
import sys

import zxingcpp
from PIL import Image, ImageDraw

svg = sys.stdin.read()
size = int(re.search(r'width="(\d+)"', svg)[1])
picture = Image.new("L", (size, size), 255)
pen = ImageDraw.Draw(picture)
for x, y, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)H", svg):
    left, top = int(x), int(y)
    pen.rectangle([left, top, left + int(width) - 1, top + int(height) - 1], fill=0)
print(zxingcpp.read_barcode(picture).text, end="")
