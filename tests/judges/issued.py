"""Judges signed PDFs by pyHanko, OpenSSL and poppler's pdfsig, each for itself.

    issued.py ROOT.pem FILE…

Prints a list, one entry for each signature of each file: what the three say.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from asn1crypto import cms
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def nss(root, folder):
    """A database of trusted roots, as pdfsig wants it."""
    run("certutil", "-N", "-d", folder, "--empty-password")
    ok, told = run("certutil", "-A", "-d", folder, "-n", "root", "-t", "CT,CT,CT", "-i", root)
    assert ok, told


def openssl(root, signature, content, folder):
    """The container over the bytes that it covers, and the time-stamp over its signature."""
    held, covered, token, value = (folder / name for name in ("cms", "bytes", "token", "value"))
    held.write_bytes(bytes(signature.pkcs7_content))
    covered.write_bytes(content)
    signed, told = run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", held, "-content",
                       covered, "-CAfile", root, "-purpose", "any", "-cades", "-out", "/dev/null")
    signer = cms.ContentInfo.load(held.read_bytes().rstrip(b"\0"))["content"]["signer_infos"][0]
    stamps = [one for one in signer["unsigned_attrs"] if one["type"].native == "signature_time_stamp_token"]
    token.write_bytes(stamps[0]["values"][0].dump())
    value.write_bytes(signer["signature"].native)
    stamped, more = run("openssl", "ts", "-verify", "-token_in", "-in", token, "-data", value, "-CAfile", root)
    return signed, stamped, told + more


def judged(root, path, folder):
    data = Path(path).read_bytes()
    reader = PdfFileReader(open(path, "rb"), strict=True)
    try:
        store = DocumentSecurityStore.read_dss(reader)
        kept = {"certs": len(store.certs), "ocsps": len(store.ocsps), "crls": len(store.crls)}
    except Exception:
        kept = None
    _, said = run("pdfsig", "-nssdir", folder / "nss", path)
    parts = said.split("Signature #")[1:]
    for place, signature in enumerate(reader.embedded_signatures):
        context = ValidationContext(trust_roots=[load_cert_from_pemder(root)], allow_fetching=False)
        status = validate_pdf_signature(signature, context, ts_validation_context=context)
        start, first, behind, length = (int(one) for one in signature.byte_range)
        content = data[start:start + first] + data[behind:behind + length]
        signed, stamped, told = openssl(root, signature, content, folder)
        yield {
            "file": path,
            "field": signature.field_name,
            "signer": signature.signer_cert.subject.native["common_name"],
            "agency": signature.signer_cert.subject.native["organization_name"],
            "key": signature.signer_cert.public_key.algorithm,
            "sub_filter": str(signature.sig_object["/SubFilter"]),
            "pyhanko": bool(status.bottom_line),
            "stamp": bool(status.timestamp_validity and status.timestamp_validity.valid
                          and status.timestamp_validity.trusted),
            "coverage": status.coverage.name,
            "changes": status.modification_level.name,
            "openssl": signed,
            "openssl_stamp": stamped,
            "openssl_said": told,
            "pdfsig": "Signature is Valid." in parts[place] and "Certificate is Trusted." in parts[place],
            "pdfsig_said": parts[place],
            "kept": kept,
        }


def main(root, *paths):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "nss").mkdir()
        nss(root, f"sql:{folder / 'nss'}")
        print(json.dumps([one for path in paths for one in judged(root, path, folder)]))


main(*sys.argv[1:])
