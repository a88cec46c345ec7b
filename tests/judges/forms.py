"""What other programs say of printed forms: PDF/A, and the codes on their pages.

PDF/A: Apache PDFBox's Preflight (Debian: libpdfbox2-java), a validator of ISO 19005-1 (PDF/A-1b).
PDF/A-2b demands the same of what our forms hold, but for the two points of DIFFERENCES, each
with the clause of ISO 19005-2 that changed it. What part 2 adds is looked at with pikepdf: the
identification, and that nothing is there which both parts forbid and Preflight might not reach.
Codes: ZXing reads pages as pdftoppm draws them, at 150 dots an inch, as a poor scan has.

    forms.py FILE... : {file: {"flaws": [...], "codes": [[format, text], ...]}}
"""
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import zxingcpp
from PIL import Image

JARS = ["preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "commons-io", "javax.activation", "jaxb-api"]
DIFFERENCES = {
    # 6.2.4.2: profiles of ICC.1:2004 (version 4) are allowed; part 1 knew version 2.
    "2.1.6 : Invalid graphics object, Invalid version of the ICCProfile",
    # 6.6.4: the part that a file names is its own.
    "7.11.2 : Error on MetaData, part must be 1",
}


def preflight(file):
    jars = ":".join(f"/usr/share/java/{jar}.jar" for jar in JARS)
    command = ["java", "-Xmx512m", "-cp", jars, "org.apache.pdfbox.preflight.Validator_A1b", file]
    said = subprocess.run(command, capture_output=True, text=True)
    lines = [re.sub(r" on page \d+.*$", "", line.strip()) for line in said.stdout.splitlines()]
    found = {line for line in lines if re.match(r"\d[\d.]* : ", line)}
    if not found and "is a valid PDF/A-1b file" not in said.stdout:
        return [f"Preflight did not judge: {said.stdout}{said.stderr}"[:500]]
    return sorted(found - DIFFERENCES)


def part_two(file):
    flaws = []
    with pikepdf.open(file) as pdf:
        with pdf.open_metadata() as metadata:
            if (metadata.get("pdfaid:part"), metadata.get("pdfaid:conformance")) != ("2", "B"):
                flaws.append("does not name itself PDF/A-2b")
            if not metadata.get("dc:title"):
                flaws.append("has no title")
        if pdf.is_encrypted:
            flaws.append("is encrypted")
        root = pdf.Root
        flaws += [f"has {key}" for key in ("/AA", "/OpenAction", "/AcroForm") if key in root]
        if "/Names" in root and "/JavaScript" in root.Names:
            flaws.append("has JavaScript")
        for item in pdf.objects:
            if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
                if item.get("/Subtype") in ("/Type3", "/PS") and item.get("/Type") in ("/Font", "/XObject"):
                    flaws.append(f"has {item.Subtype}")
                if isinstance(item, pikepdf.Stream) and item.get("/Filter") == "/LZWDecode":
                    flaws.append("has LZW")
    return flaws


def codes(file):
    found = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", "150", "-gray", "-png", "-l", "12", file, f"{folder}/p"], check=True)
        for page in sorted(Path(folder).iterdir()):
            for code in zxingcpp.read_barcodes(Image.open(page)):
                found.append([re.sub(r"\W", "", code.format.name), code.text])
    return found


def judge(file):
    try:
        return {"flaws": preflight(file) + part_two(file), "codes": codes(file)}
    except pikepdf.PdfError as error:
        return {"flaws": [str(error)], "codes": []}


with ThreadPoolExecutor(2) as pool:
    files = sys.argv[1:]
    print(json.dumps(dict(zip(files, pool.map(judge, files)))))
