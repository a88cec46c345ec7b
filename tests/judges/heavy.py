"""Writes files that cost much memory to whoever takes them apart without care:

    heavy.py FOLDER

Standard output: a JSON list of {"path", "taken"}; those that are not taken are refused. Without
bounds each would cost some gigabytes, and no machine its life.
"""

import json
import random
import struct
import sys
import zipfile
import zlib
from pathlib import Path

CHANCE = random.Random(2026)
ROOT = Path(sys.argv[1])
WRITTEN = []


def add(name, content, taken):
    path = ROOT / name
    path.write_bytes(content)
    WRITTEN.append({"path": str(path), "taken": taken})


def pdf(objects, places=None):
    """The bytes of objects (number, content), and references to them or to other places."""
    out, found = bytearray(b"%PDF-1.4\n"), {}
    for number, content in objects:
        found[number] = len(out)
        out += b"%d 0 obj" % number + content + b"endobj\n"
    places = places(found) if places else found
    at, count = len(out), max(places) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    out += b"".join(b"%010d 00000 n \n" % places.get(number, 0) for number in range(1, count))
    return bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, at))


def stream(dictionary, content):
    return b"<<%s/Length %d>>stream\n%s\nendstream " % (dictionary, len(content), content)


PAGE = [(1, b"<</Type/Catalog/Pages 2 0 R>>"), (2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        (3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")]


def same_object(times):
    """Many references lead to one object."""
    values = (4, b"[" + b"0 " * 10_000 + b"]")
    return pdf(PAGE + [values], lambda at: at | {number: at[4] for number in range(5, times)})


def one_in_the_other(times, size):
    """Each stream reaches to the end of all."""
    out, places, tail = bytearray(), {}, size + times * 60
    for number in range(4, 4 + times):
        places[number] = len(out)
        head = b"%d 0 obj<</Length %%010d>>stream\n" % number
        out += head % (tail - len(out) - len(head % 0))
    out += b"a" * (tail - len(out)) + b"\nendstream endobj\n"
    base = len(b"%PDF-1.4\n")
    body = pdf(PAGE)
    cut = body.index(b"xref\n")
    merged = body[:cut] + bytes(out)
    found = {1: base}
    for number in (2, 3):
        found[number] = body.index(b"\n%d 0 obj" % number) + 1
    found |= {number: cut + at for number, at in places.items()}
    count = max(found) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % count
    table += b"".join(b"%010d 00000 n \n" % found[number] for number in range(1, count))
    return merged + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(merged))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth):
    rows = zlib.compressobj(9)
    row = bytes(1 + width * depth // 8)
    packed = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    head = struct.pack(">IIBBBBB", width, height, 8 if depth == 32 else 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def package(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return path.read_bytes()


add("same-object.pdf", same_object(3_000), False)
add("one-in-the-other.pdf", one_in_the_other(400, 8_000_000), False)
add("numbers.pdf", pdf(PAGE + [(4, b"[" + b"0 " * 1_400_000 + b"]")]), True)
add("more-numbers.pdf", pdf(PAGE + [(4, b"[" + b"0 " * 9_000_000 + b"]")]), False)
add("packed-numbers.pdf", pdf(PAGE + [(4, stream(b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode",
                                                 zlib.compress(b"9 0 [" + b"0 " * 7_000_000 + b"]")))]), False)
add("scan.pdf", pdf(PAGE + [(4, stream(b"", CHANCE.randbytes(18_000_000)))]), True)
add("wide.png", png(2_000_000, 25, 32), True)
add("widest.png", png(30_000_000, 1, 64), False)
add("parts.docx", package(ROOT / "parts", [(f"word/{n}.xml", b"") for n in range(60_000)]), False)
add("zeros.docx", package(ROOT / "zeros", [("word/document.xml", bytes(250_000_000))]), False)
print(json.dumps(WRITTEN))
