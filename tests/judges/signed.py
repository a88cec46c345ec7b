"""Writes signed PDFs, good ones and forged ones, into a folder, and lets pyHanko judge them all.

    signed.py FOLDER

writes FOLDER/list.json: a list of {name, file, family, wanted, crls, pyhanko}; `wanted` is what
motcua must say, `pyhanko` whether pyHanko takes every signature of the file.
"""
import datetime
import io
import json
import logging
import pathlib
import random
import re
import sys

import pikepdf
from asn1crypto import algos, cms, core
from asn1crypto.crl import CertificateList
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from fpdf import FPDF
from pyhanko.pdf_utils import generic, misc
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import DocumentSecurityStore, KeyUsageConstraints, validate_pdf_signature, validate_pdf_timestamp
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signed_world import CA_USE, DAY, NOW, World, YEAR, answer, crl, dn, issue, key, parsed, usage

logging.disable(logging.CRITICAL)
# A forger would not ask whether the first signer forbids it.
signers.PdfSigner._enforce_certification_constraints = lambda *_: None
CHANCE = random.Random(20261122)
WORLD = World()
TRUSTED, CLAIMED, UNKNOWN, UNDECIDED, CHANGED, INVALID = (
    "trusted", "trusted_time_claimed", "unknown_signer", "undecided", "changed", "invalid")
USES = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


# ---------------------------------------------------------------- making

def page(text="Trích lục khai sinh", form=False, **saving):
    pdf = FPDF()
    pdf.set_creation_date(NOW)
    pdf.add_page()
    pdf.set_font("helvetica", size=14)
    pdf.cell(0, 10, "So: 12/2026/TLKS-BS")
    pdf.add_page()
    pdf.cell(0, 10, "Trang hai")
    raw = bytes(pdf.output())
    with pikepdf.open(io.BytesIO(raw)) as opened:
        if form:
            field = opened.make_indirect(pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="so_tien", V="1000",
                Rect=[50, 50, 200, 80], P=opened.pages[0].obj))
            opened.pages[0].Annots = opened.make_indirect(pikepdf.Array([field]))
            opened.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
        out = io.BytesIO()
        opened.save(out, **saving)
    return out.getvalue()


def store(*holders):
    certificates = SimpleCertificateStore()
    certificates.register_multiple([holder.asn1 for holder in holders])
    return certificates


def stamper(holder=None, when=None, chain=None):
    holder = holder or WORLD.tsa
    made = timestamps.DummyTimeStamper(holder.asn1, holder.asn1_key, store(*(chain or [WORLD.sub, WORLD.root])), fixed_dt=when)
    return made


def sign(pdf, holder=None, name="ChuKy1", chain=None, stamp=None, cades=False, box=None, style=None, mechanism=None,
         md="sha256", pss=False, evidence=None, lta=False, certify=None, existing=False, reserve=None):
    """Signs a PDF; `reserve`: bytes of the gap."""
    holder = holder or WORLD.signer
    if pss:
        mechanism = cms.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams({
            "hash_algorithm": {"algorithm": md},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": md}},
            "salt_length": {"sha256": 32, "sha384": 48, "sha512": 64}[md]})})
    signer = signers.SimpleSigner(holder.asn1, holder.asn1_key, store(*(chain if chain is not None else [WORLD.sub, WORLD.root])),
                                  signature_mechanism=mechanism)
    context = None
    if evidence:
        context = ValidationContext(trust_roots=[WORLD.root.asn1], other_certs=[WORLD.sub.asn1],
                                    crls=evidence.get("crls", []), ocsps=[parsed(one) for one in evidence.get("ocsps", [])],
                                    revocation_mode="require", allow_fetching=False)
    meta = signers.PdfSignatureMetadata(
        field_name=name, md_algorithm=md, subfilter=SigSeedSubFilter.PADES if cades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        embed_validation_info=bool(evidence) and cades, use_pades_lta=lta, validation_context=context, name=None,
        certify=certify is not None, docmdp_permissions=certify or MDPPerm.FILL_FORMS)
    spec = None if existing else fields.SigFieldSpec(name, box=box)
    made = signers.PdfSigner(meta, signer, timestamper=stamp, new_field_spec=spec, stamp_style=style)
    return made.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=reserve).getvalue()


def last_signature(pdf):
    return PdfFileReader(io.BytesIO(pdf), strict=False).embedded_signatures[-1]


def message_of(pdf):
    """The CMS of the last signature, without what fills up the gap."""
    return cms.ContentInfo.load(bytes(last_signature(pdf).pkcs7_content)).dump()


def with_cms(pdf, change, which=-1):
    """The PDF with another CMS in the gap of a signature."""
    embedded = PdfFileReader(io.BytesIO(pdf), strict=False).embedded_signatures[which]
    _, start, end, _ = (int(number) for number in embedded.byte_range)
    info = cms.ContentInfo.load(bytes(embedded.pkcs7_content))
    return put(pdf, start, end, change(info))


def gap(pdf, which=-1):
    embedded = PdfFileReader(io.BytesIO(pdf), strict=False).embedded_signatures[which]
    _, start, end, _ = (int(number) for number in embedded.byte_range)
    return start, end


def put(pdf, start, end, content):
    text = content.hex().encode()
    assert len(text) <= end - start - 2, "the gap is too small"
    return pdf[: start + 1] + text.ljust(end - start - 2, b"0") + pdf[end - 1 :]


def updated(pdf, change):
    """An incremental update behind a signature."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# ---------------------------------------------------------------- good ones

def ocsps(*holders):
    holders = holders or (WORLD.signer, WORLD.tsa)
    return {"ocsps": [answer(holder, WORLD.sub, WORLD.responder) for holder in holders], "crls": WORLD.crls[:1]}


def good(add):
    plain = page()
    add("bb", "plain", sign(plain), CLAIMED)
    add("bb-cades", "plain", sign(plain, cades=True), CLAIMED)
    for md in ("sha384", "sha512"):
        add(f"bb-{md}", "algorithm", sign(plain, md=md), CLAIMED)
    for kind, md in (("p256", "sha256"), ("p384", "sha384"), ("p521", "sha512"), ("ed25519", "sha512")):
        add(f"bb-{kind}", "algorithm", sign(plain, WORLD.person(f"Người ký {kind}", key(kind)), md=md, cades=True), CLAIMED)
    add("bb-pss", "algorithm", sign(plain, pss=True, cades=True), CLAIMED)
    add("bt", "stamped", sign(plain, stamp=stamper(), cades=True), TRUSTED)
    add("bt-p256", "stamped", sign(plain, WORLD.second, stamp=stamper(), cades=True), TRUSTED)
    add("bt-pss", "stamped", sign(plain, pss=True, stamp=stamper(), cades=True), TRUSTED)
    lt = sign(plain, stamp=stamper(), cades=True, evidence=ocsps())
    add("blt-ocsp", "long-term", lt, TRUSTED, crls=[])
    add("blt-crl", "long-term", sign(plain, stamp=stamper(), cades=True, evidence={"crls": WORLD.crls}), TRUSTED, crls=[])
    lta = sign(plain, stamp=stamper(), cades=True, evidence=ocsps(), lta=True)
    add("blta", "long-term", lta, TRUSTED, crls=[])
    # Without the evidence about the last time-stamp: signed to its end.
    start, end = gap(lta)
    add("blta-whole", "long-term", lta[: lta.index(b"%%EOF", end) + 6], TRUSTED, crls=[])
    add("two", "two", sign(sign(plain), WORLD.second, "ChuKy2"), CLAIMED)
    add("two-stamped", "two", sign(sign(plain, stamp=stamper(), cades=True), WORLD.second, "ChuKy2", stamp=stamper(), cades=True), TRUSTED)
    add("lt-then-second", "two", sign(lt, WORLD.second, "ChuKy2", stamp=stamper(), cades=True,
                                      evidence=ocsps(WORLD.signer, WORLD.second, WORLD.tsa)), TRUSTED, crls=[])
    style = TextStampStyle(stamp_text="Ky boi: %(signer)s\nNgay: %(ts)s")
    visible = sign(plain, box=(50, 50, 250, 120), style=style)
    add("visible", "visible", visible, CLAIMED)
    add("visible-two", "visible", sign(visible, WORLD.second, "ChuKy2", box=(300, 50, 500, 120), style=style), CLAIMED)
    reserved = updated(plain, lambda writer: [fields.append_signature_field(writer, fields.SigFieldSpec(name, box=(50, y, 200, y + 40)))
                                              for name, y in (("ChuKy1", 50), ("ChuKy2", 150))])
    add("reserved", "reserved", sign(sign(reserved, existing=True), WORLD.second, "ChuKy2", existing=True), CLAIMED)
    packed = page(object_stream_mode=pikepdf.ObjectStreamMode.generate)
    add("streams", "streams", sign(packed, stamp=stamper(), cades=True), TRUSTED)
    add("streams-two", "streams", sign(sign(packed), WORLD.second, "ChuKy2"), CLAIMED)
    add("linear", "linear", sign(page(linearize=True)), CLAIMED)
    add("form", "form", sign(page(form=True)), CLAIMED)
    for level in (MDPPerm.NO_CHANGES, MDPPerm.FILL_FORMS):
        add(f"certified-{level.value}", "certified", sign(plain, certify=level), CLAIMED)
    add("certified-then-approved", "certified", sign(sign(plain, certify=MDPPerm.FILL_FORMS), WORLD.second, "ChuKy2"), CLAIMED)


# ---------------------------------------------------------------- certificates

def certificates(add):
    plain, world = page(), WORLD

    def person(family, name, wanted, holder, **more):
        crls = more.pop("crls", None)
        add(name, family, sign(plain, holder, cades=True, **more), wanted, crls=crls)

    for stamp in (None, stamper()):
        suffix = "-stamped" if stamp else ""
        person("expired", "expired" + suffix, INVALID if stamp else UNDECIDED,
               world.person("Hết hạn", since=NOW - 2 * YEAR, until=NOW - DAY), stamp=stamp)
        person("future", "future" + suffix, INVALID, world.person("Chưa đến", since=NOW + DAY, until=NOW + YEAR), stamp=stamp)
    gone = world.person("Bị thu hồi")
    for name, entry in (("before", (gone, NOW - 9 * DAY, None, None)),
                        ("compromised", (gone, NOW - 9 * DAY, x509.ReasonFlags.key_compromise, None)),
                        ("held", (gone, NOW - DAY, x509.ReasonFlags.certificate_hold, None))):
        lists = [crl(world.root), crl(world.sub, [entry])]
        person("revoked", f"revoked-{name}", INVALID, gone, crls=lists)
        person("revoked", f"revoked-{name}-stamped", INVALID, gone, crls=lists, stamp=stamper())
    later = [crl(world.root), crl(world.sub, [(gone, NOW + 60 * 60 * datetime.timedelta(seconds=1), None, None)], since=NOW)]
    invalid = [crl(world.root), crl(world.sub, [(gone, NOW + 60 * 60 * datetime.timedelta(seconds=1),
                                                 x509.ReasonFlags.key_compromise, NOW - 9 * DAY)], since=NOW)]
    add("revoked-later", "revoked-later", sign(plain, gone, cades=True, stamp=stamper()), TRUSTED, crls=later, alone=True)
    person("revoked", "revoked-later-invalid-before", INVALID, gone, crls=invalid, stamp=stamper())
    person("revoked", "issuer-revoked", INVALID, world.signer, crls=[crl(world.root, [(world.sub, NOW - DAY, None, None)]), crl(world.sub)])

    look_alike = world.person("Nguyễn Văn A", issuer=world.false_sub)
    person("look-alike", "look-alike-root", UNKNOWN, look_alike, chain=[world.false_sub, world.false_root])
    person("look-alike", "look-alike-and-true-chain", UNKNOWN, look_alike, chain=[world.sub, world.root])
    alone = issue(dn("Tự ký"), ca=-1, use=usage(digital_signature=True, content_commitment=True, key_cert_sign=True))
    person("look-alike", "self-signed", UNKNOWN, alone, chain=[])
    person("look-alike", "no-chain", UNKNOWN, world.signer, chain=[])
    person("no-revocation", "no-revocation", UNDECIDED, world.signer, crls=[])
    person("no-revocation", "no-list-of-the-issuer", UNDECIDED, world.signer, crls=world.crls[:1])
    person("stale-list", "stale-list", UNDECIDED, world.signer, crls=[crl(world.root), crl(world.sub, since=NOW - 20 * DAY, until=NOW - DAY)])
    person("stale-list", "list-from-the-future", UNDECIDED, world.signer, crls=[crl(world.root), crl(world.sub, since=NOW + DAY)])
    person("false-list", "list-of-another-key", UNDECIDED, world.signer, crls=[crl(world.root), crl(world.sub, signs=world.false_sub)])
    person("false-list", "list-flipped", UNDECIDED, world.signer, crls=[crl(world.root), flipped(crl(world.sub), -20)])

    not_ca = world.person("Không phải CA")
    person("issuer", "issued-by-a-person", INVALID, issue(dn("Con"), not_ca), chain=[not_ca, world.sub, world.root])
    no_sign = issue(dn("CA không ký"), world.root, ca=0, use=usage(crl_sign=True))
    person("issuer", "issuer-may-not-sign", INVALID, issue(dn("Con"), no_sign), chain=[no_sign, world.root], crls=[*world.crls, crl(no_sign)])
    deeper = issue(dn("CA sâu"), world.sub, ca=0, use=CA_USE)
    person("issuer", "path-too-long", INVALID, issue(dn("Con"), deeper), chain=[deeper, world.sub, world.root], crls=[*world.crls, crl(deeper)])
    old = issue(dn("CA hết hạn"), world.root, ca=0, use=CA_USE, until=NOW - DAY)
    person("issuer", "issuer-expired", INVALID, issue(dn("Con"), old), chain=[old, world.root], crls=[*world.crls, crl(old)])
    weak = world.person("Khóa yếu", key("rsa1024"))
    person("weak", "rsa-1024", INVALID, weak)
    person("usage", "key-encipherment-only", INVALID, world.person("Chỉ mã hóa", use=usage(key_encipherment=True)))
    person("usage", "server-only", INVALID, world.person("Máy chủ", purposes=[ExtendedKeyUsageOID.SERVER_AUTH]))
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    person("strange-rule", "critical-extension", INVALID, world.person("Quy tắc lạ", more=[(strange, True)]))

    def long_term(name, family, answers, wanted=UNDECIDED, **more):
        pdf = with_dss(sign(plain, cades=True, stamp=stamper()), answers, **more)
        add(name, family, pdf, wanted, crls=[])

    issuers = [answer(world.tsa, world.sub, world.responder)]
    own = lambda **more: [*issuers, answer(world.signer, world.sub, more.pop("responder", world.responder), **more)]
    long_term("dss", "long-term", own(), TRUSTED)
    other = answer(world.second, world.sub, world.responder)
    long_term("answer-about-another", "false-answer", [*issuers, other])
    unfit = world.person("Không phải OCSP")
    long_term("answer-by-a-person", "false-answer", own(responder=unfit))
    stranger = issue(dn("OCSP thử"), world.false_sub, purposes=[ExtendedKeyUsageOID.OCSP_SIGNING], use=usage(digital_signature=True),
                     more=[(x509.OCSPNoCheck(), False)])
    long_term("answer-by-a-stranger", "false-answer", own(responder=stranger))
    long_term("answer-stale", "false-answer", own(since=NOW - 20 * DAY, until=NOW - 10 * DAY))
    long_term("answer-unknown", "false-answer", own(status=ocsp.OCSPCertStatus.UNKNOWN))
    long_term("answer-revoked", "revoked", own(status=ocsp.OCSPCertStatus.REVOKED, revoked=NOW - DAY), INVALID)
    long_term("answer-flipped", "false-answer", [*issuers, flipped(own()[-1], 60)])


def flipped(content, place):
    out = bytearray(content)
    out[place] ^= 1
    return bytes(out)


def with_dss(pdf, answers):
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    embedded = last_signature(pdf)
    DocumentSecurityStore.supply_dss_in_writer(writer, bytes(embedded.pkcs7_content), ocsps=[parsed(one) for one in answers],
                                               crls=[CertificateList.load(WORLD.crls[0])], certs=[WORLD.sub.asn1, WORLD.root.asn1])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# ---------------------------------------------------------------- messages and time-stamps

def messages(add):
    plain, world = page(), WORLD
    stamped = sign(plain, stamp=stamper(), cades=True)
    bare = sign(plain, cades=True, reserve=24_000)

    def edited(name, family, wanted, change, pdf=None):
        def apply(info):
            change(info["content"]["signer_infos"][0], info["content"])
            return info.dump(force=True)
        add(name, family, with_cms(pdf or bare, apply), wanted)

    def strip(signer, _):
        del signer["unsigned_attrs"]
    edited("stripped", "stripped-stamp", CLAIMED, strip, stamped)

    def of_another(signer, _):
        other = cms.ContentInfo.load(bytes(last_signature(sign(page(), stamp=stamper(), cades=True)).pkcs7_content))
        signer["unsigned_attrs"] = other["content"]["signer_infos"][0]["unsigned_attrs"]
    edited("stamp-of-another", "false-stamp", INVALID, of_another, stamped)
    edited("stamp-of-another-added", "false-stamp", INVALID, of_another)
    for name, wanted, holder, chain in [
        ("stamp-by-a-person", INVALID, world.signer, None),
        ("stamp-not-critical", INVALID, world.stamper("Không bắt buộc", critical=False), None),
        ("stamp-two-purposes", INVALID, world.stamper("Hai mục đích", purposes=[ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), None),
        ("stamp-other-purpose", INVALID, world.stamper("Mục đích khác", purposes=[ExtendedKeyUsageOID.CODE_SIGNING]), None),
        ("stamp-expired", INVALID, world.stamper("Hết hạn", since=NOW - 2 * YEAR, until=NOW - DAY), None),
        ("stamp-unknown", UNDECIDED, world.stamper("Lạ", issuer=world.false_sub), [world.false_sub, world.false_root]),
    ]:
        add(name, "false-stamp" if wanted == INVALID else "unknown-stamp",
            sign(plain, stamp=stamper(holder, chain=chain), cades=True), wanted)
    add("stamp-in-the-future", "false-stamp", sign(plain, stamp=stamper(when=NOW + 2 * DAY), cades=True), INVALID)

    def swapped(signer, data):
        # The same key in another certificate of the same authority.
        other = world.person("Phạm Văn Khác", world.signer.key)
        data["certificates"] = cms.CertificateSet([cms.CertificateChoices("certificate", one.asn1) for one in (other, world.sub, world.root)])
        signer["sid"] = cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(
            {"issuer": other.asn1.issuer, "serial_number": other.asn1.serial_number}))
    edited("swapped-certificate", "swapped", INVALID, swapped)
    edited("swapped-certificate-adobe", "swapped", INVALID, swapped, sign(plain))

    def another_key(signer, data):
        data["certificates"] = cms.CertificateSet([cms.CertificateChoices("certificate", one.asn1) for one in (world.second, world.sub, world.root)])
        signer["sid"] = cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(
            {"issuer": world.second.asn1.issuer, "serial_number": world.second.asn1.serial_number}))
    edited("swapped-signer", "swapped", INVALID, another_key)

    def without_certificates(_, data):
        data["certificates"] = cms.CertificateSet([cms.CertificateChoices("certificate", world.sub.asn1)])
    edited("signer-missing", "swapped", INVALID, without_certificates)

    def attribute(kind, keep):
        def change(signer, _):
            kept = [one for one in signer["signed_attrs"] if (one["type"].native == kind) == keep]
            signer["signed_attrs"] = cms.CMSAttributes(kept)
        return change
    for kind in ("content_type", "message_digest", "signing_certificate_v2"):
        edited(f"without-{kind}", "attributes", INVALID, attribute(kind, False))

    def other_digest(signer, _):
        for one in signer["signed_attrs"]:
            if one["type"].native == "message_digest":
                one["values"] = cms.SetOfOctetString([b"\0" * 32])
    edited("digest-of-something-else", "attributes", INVALID, other_digest)

    def strange(signer, _):
        signer["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute({"type": "1.2.3.4", "values": [core.Any(core.Null())]})])
    edited("strange-unsigned", "unsigned", INVALID, strange, bare)

    def no_value(signer, _):
        signer["signature"] = b""
    edited("empty-value", "value", INVALID, no_value)

    def two(signer, data):
        data["signer_infos"] = cms.SignerInfos([signer, cms.SignerInfo.load(signer.dump())])
    edited("two-signers-in-one", "value", INVALID, two)
    for name, content in (("empty", b""), ("null", b"\x05\x00"), ("noise", CHANCE.randbytes(200)), ("cut", None)):
        start, end = gap(bare)
        raw = message_of(bare)
        add(f"message-{name}", "message", put(bare, start, end, raw[: len(raw) // 2] if content is None else content), INVALID)
    add("sha1", "weak", with_sha1(plain), INVALID)
    add("unknown-subfilter", "message", sign(plain).replace(b"/adbe.pkcs7.detached", b"/adbe.pkcs7.detachex"), INVALID)


def with_sha1(pdf):
    holder = WORLD.signer
    signer = signers.SimpleSigner(holder.asn1, holder.asn1_key, store(WORLD.sub, WORLD.root),
                                  signature_mechanism=cms.SignedDigestAlgorithm({"algorithm": "sha1_rsa"}))
    meta = signers.PdfSignatureMetadata(field_name="ChuKy1", md_algorithm="sha1")
    return signers.PdfSigner(meta, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()


# ---------------------------------------------------------------- tricks with the file

def annotation(writer, **more):
    page_ref = writer.find_page_for_modification(0)[0]
    page_object = page_ref.get_object()
    note = writer.add_object(generic.DictionaryObject({
        generic.pdf_name("/Type"): generic.pdf_name("/Annot"), generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
        generic.pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (50, 700, 300, 750)]),
        generic.pdf_name("/Contents"): generic.TextStringObject("So: 99/2026"), generic.pdf_name("/DA"): generic.TextStringObject("/Helv 20 Tf")}))
    page_object.setdefault(generic.pdf_name("/Annots"), generic.ArrayObject()).append(note)
    writer.update_container(page_object)


def overlay(writer):
    page_object = writer.find_page_for_modification(0)[0].get_object()
    stream = writer.add_object(generic.StreamObject(stream_data=b"1 1 1 rg 0 0 600 800 re f"))
    contents = page_object["/Contents"]
    raw = page_object.raw_get("/Contents")
    page_object[generic.pdf_name("/Contents")] = generic.ArrayObject([*(contents if isinstance(contents, generic.ArrayObject) else [raw]), stream])
    writer.update_container(page_object)


def replace_content(writer):
    page_object = writer.find_page_for_modification(0)[0].get_object()
    stream = page_object["/Contents"]
    stream._data, stream._encoded_data = b"BT /F1 20 Tf 50 700 Td (So: 99/2026) Tj ET", None
    for name in ("/Filter", "/DecodeParms"):
        stream.pop(name, None)
    writer.update_container(stream)


def add_page(writer):
    pages = writer.root["/Pages"]
    extra = writer.add_object(generic.DictionaryObject({
        generic.pdf_name("/Type"): generic.pdf_name("/Page"), generic.pdf_name("/Parent"): writer.root.raw_get("/Pages"),
        generic.pdf_name("/MediaBox"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 600, 800)])}))
    pages["/Kids"].append(extra)
    pages[generic.pdf_name("/Count")] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages)


def remove_page(writer):
    pages = writer.root["/Pages"]
    pages["/Kids"].pop()
    pages[generic.pdf_name("/Count")] = generic.NumberObject(int(pages["/Count"]) - 1)
    writer.update_container(pages)


def script(writer):
    writer.root[generic.pdf_name("/OpenAction")] = writer.add_object(generic.DictionaryObject({
        generic.pdf_name("/S"): generic.pdf_name("/JavaScript"), generic.pdf_name("/JS"): generic.TextStringObject("app.alert(1)")}))
    writer.update_root()


def fill(writer):
    field = writer.root["/AcroForm"]["/Fields"][0]
    field[generic.pdf_name("/V")] = generic.TextStringObject("9000000")
    writer.update_container(field)


def empty_field(writer):
    fields.append_signature_field(writer, fields.SigFieldSpec("Trong", box=(0, 0, 600, 800)))


def unsign(writer):
    field = writer.root["/AcroForm"]["/Fields"][0]
    field.pop("/V")
    writer.update_container(field)


def media_box(writer):
    page_object = writer.find_page_for_modification(0)[0].get_object()
    page_object[generic.pdf_name("/MediaBox")] = generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 10, 10)])
    writer.update_container(page_object)


def font(writer):
    page_object = writer.find_page_for_modification(0)[0].get_object()
    fonts = page_object["/Resources"]["/Font"]
    one = fonts[next(iter(fonts))]
    one[generic.pdf_name("/BaseFont")] = generic.pdf_name("/Symbol")
    writer.update_container(one)


def again(pdf, number, body, name=b"Root"):
    """A hand-written update that puts an object anew, with table and trailer."""
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    trailer = re.findall(rb"trailer\s*(<<.*?>>)\s*startxref", pdf, re.S)[-1]
    size = int(re.search(rb"/Size (\d+)", trailer)[1])
    root = re.search(rb"/Root (\d+) 0 R", trailer)[1]
    out = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    offset = len(out)
    out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n%d 1\n%010d 00000 n \n" % (number, offset)
    out += b"trailer\n<</Size %d/Root %s 0 R/Prev %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (max(size, number + 1), root, previous, identifier(trailer), table)
    return out


def identifier(trailer):
    found = re.search(rb"/ID\s*\[[^\]]*\]", trailer)
    return found[0] if found else b""


def object_of(pdf, pattern):
    return int(re.search(rb"(\d+) 0 obj\s*" + pattern, pdf)[1])


def increments(add):
    plain = page()
    signed, filled = sign(plain), sign(page(form=True))
    double = sign(sign(plain), WORLD.second, "ChuKy2")
    certified = sign(plain, certify=MDPPerm.NO_CHANGES)
    changes = [annotation, overlay, replace_content, add_page, remove_page, script, empty_field, unsign, media_box, font]
    for change in changes:
        # pyHanko takes notes and empty fields where the signer did not forbid them.
        for name, pdf in (("one", signed), ("two", double), ("certified", certified)):
            wanted = CHANGED if change is not unsign else None
            add(f"{change.__name__}-{name}", "increment-" + change.__name__.replace("_", "-"), updated(pdf, change), wanted)
    add("fill-one", "increment-fill", updated(filled, fill), CHANGED)
    add("second-after-final", "increment-final", sign(certified, WORLD.second, "ChuKy2"), CHANGED)
    between = sign(updated(signed, annotation), WORLD.second, "ChuKy2")
    add("annotation-between", "increment-between", between, CHANGED)
    add("overlay-between", "increment-between", sign(updated(signed, overlay), WORLD.second, "ChuKy2"), CHANGED)
    stranger = WORLD.person("Kẻ lạ", issuer=WORLD.false_sub)
    style = TextStampStyle(stamp_text="SO: 99/2026", background=None)
    add("sneaky-signature", "increment-sneaky", sign(signed, stranger, "ChuKy2", box=(0, 0, 600, 800), style=style,
                                                     chain=[WORLD.false_sub, WORLD.false_root]), UNKNOWN)
    # Where nothing was, something comes into being.
    with pikepdf.open(io.BytesIO(plain)) as opened:
        hole = opened.make_indirect(pikepdf.Dictionary())
        opened.pages[0].Annots = pikepdf.Array([hole])
        out = io.BytesIO()
        opened.save(out)
    raw = sign(out.getvalue())
    number = object_of(raw, rb"<<\s*>>")
    hidden = b"<</Type/Annot/Subtype/FreeText/Rect[50 700 300 750]/Contents(99)/DA(/Helv 20 Tf)>>"
    add("hole-filled", "increment-shadow", again(raw, number, hidden), CHANGED)
    catalog = object_of(signed, rb"<<[^>]*/Type /Catalog")
    body = re.search(rb"%d 0 obj\s*(<<.*?>>)\s*endobj" % catalog, signed, re.S)[1]
    last = re.findall(rb"%d 0 obj\s*(<<.*?)\s*endobj" % catalog, signed, re.S)[-1]
    add("catalog-again", "increment-harmless", again(signed, catalog, last), CLAIMED)
    add("catalog-with-action", "increment-shadow", again(signed, catalog, last[:-2] + b"/AA<</WC<</S/URI/URI(http://a.example)>>>>>>"), CHANGED)
    add("catalog-without-form", "increment-shadow", again(signed, catalog, re.sub(rb"/AcroForm \d+ 0 R", b"", body)), None)
    moved = again(signed, catalog, last)
    for name, extra in (("space", b" "), ("line", b"\n"), ("comment", b"% x\n"), ("object", b"9 0 obj\n<<>>\nendobj\n"),
                        ("end", b"%%EOF\n"), ("bytes", CHANCE.randbytes(20)), ("startxref", b"startxref\n10\n%%EOF\n")):
        add(f"appended-{name}", "appended", signed + extra, None)
        add(f"between-{name}", "appended", again(signed + extra, catalog, last),
            CLAIMED if name in ("space", "line") else None)
    offset = signed.rfind(b"startxref")
    overwritten = b"%d 0 obj\n%s\nendobj\n" % (catalog, last)
    for name, tail in (("object", overwritten), ("object-trailer", overwritten + b"trailer\n<</Root %d 0 R>>\n" % catalog),
                       ("object-end", overwritten + signed[offset:]), ("trailer-end", overwritten + b"trailer\n<</Root %d 0 R>>\n" % catalog + signed[offset:]),
                       ("table-only", b"xref\n0 0\ntrailer\n<</Root %d 0 R/Size 5>>\nstartxref\n%d\n%%%%EOF\n" % (catalog, len(signed)))):
        add(f"incremental-saving-{name}", "incremental-saving", signed + b"\n" + tail, None)
    add("hybrid-tail", "incremental-saving", moved.replace(b"/Prev", b"/XRefStm 17/Prev"), None)


def ranges(add):
    plain = page()
    signed = sign(plain, reserve=16_000)
    found = re.search(rb"/ByteRange \[([^\]]*)\]( *)", signed)
    _, first, second, length = (int(number) for number in found[1].split())
    width = found.end() - found.start() - len(b"/ByteRange []")

    def ranged(name, text):
        text = text.encode() if isinstance(text, str) else text
        add(name, "byte-range", signed[: found.start()] + b"/ByteRange [" + text.ljust(width) + b"]" + signed[found.end() :], INVALID)

    ranged("short", f"0 {first} {second} {length - 40}")
    ranged("from-one", f"1 {first - 1} {second} {length}")
    ranged("overlap", f"0 {second + 10} {second} {length}")
    ranged("gap-larger", f"0 {first - 20} {second} {length}")
    ranged("gap-larger-behind", f"0 {first} {second + 20} {length - 20}")
    ranged("too-long", f"0 {first} {second} {length + 1}")
    ranged("negative", f"0 {first} {second} -{length}")
    ranged("one-range", f"0 {first}")
    ranged("three-ranges", f"0 9 9 1 {second} {length}"[:width])
    ranged("nothing", "")
    ranged("reals", f"0 {first}.0 {second} {length}")
    ranged("all", f"0 {len(signed)} {len(signed)} 0")
    ranged("huge", "0 9223372036854775807 9 9"[:width])
    for name, pattern, text in (("forged-without-range", rb"/ByteRange", b"/ByteRangx"), ("forged-without-contents", rb"/Contents <", b"/Contentx <"),
                                ("forged-without-filter", rb"/SubFilter", b"/SubFiltex"), ("forged-without-type", rb"/Type /Sig\b", b"/Type /Sih")):
        assert re.search(pattern, signed), name
        add(name, "universal-forgery", re.sub(pattern, text, signed), None)
    start, end = gap(signed)
    for name, text in (("contents-empty", b"<>"), ("contents-zero", b"<00>"), ("contents-null", b"null"), ("contents-literal", b"(abc)")):
        add(name, "universal-forgery", signed[:start] + text.ljust(end - start) + signed[end:], INVALID)
    raw = message_of(signed).hex().encode()
    room = end - start - len(raw) - 2

    def filled(name, text, family="wrapping"):
        assert len(text) == end - start, (name, len(text), end - start)
        add(name, family, signed[:start] + text + signed[end:], INVALID)

    filled("second-contents", b"<" + raw + b">/Contents<" + b"0" * (room - 11) + b">")
    filled("gap-with-entry", (b"<" + raw + b">/Reason(99)").ljust(end - start))
    filled("gap-with-object", (b"<" + raw + b">>>endobj 99 0 obj<</A 1>>endobj 98 0 obj<<").ljust(end - start))
    filled("gap-with-range", (b"<" + raw + b">/ByteRange[0 1 2 3]").ljust(end - start))
    filled("gap-spaced", (b"<" + raw + b">").ljust(end - start))
    filled("gap-comment", (b"<" + raw + b">%" + b"x" * 50).ljust(end - start))
    filled("filling-not-zero", b"<" + raw + b"1".rjust(room, b"0") + b">", "filling")
    filled("filling-odd", b"<" + raw + b"0" * (room - 1) + b" " + b">", "filling")
    filled("filling-spaces", b"<" + raw + b" " * room + b">", "filling")
    filled("case-mixed", b"<" + raw[:100] + raw[100:].upper() + b"0" * room + b">", "filling")
    filled("filling-second-message", b"<" + raw + raw[:room].ljust(room, b"0") + b">", "filling")
    # Signature wrapping: the signed part behind the gap is moved, and another section is put between.
    part = signed[end:]
    catalog = object_of(signed, rb"<<[^>]*/Type /Catalog")
    evil = b"\n%d 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\n" % catalog
    wrapped = signed[:end] + evil + part
    add("wrapping-moved", "wrapping", wrapped, None)
    again_range = f"0 {first} {second + len(evil)} {length}"
    if len(again_range) <= width:
        changed = signed[: found.start()] + b"/ByteRange [" + again_range.encode().ljust(width) + b"]" + signed[found.end() : end]
        add("wrapping-renamed", "wrapping", changed + evil + part, INVALID)
    # The whole of another file behind a signed one, and a signature in a file that it is not of.
    add("prefix", "wrapping", signed + plain, None)
    other = sign(page(form=True))
    add("transplanted", "transplanted", with_cms(other, lambda info: message_of(signed)), CHANGED)
    with pikepdf.open(io.BytesIO(signed)) as opened:
        out = io.BytesIO()
        opened.save(out)
    add("saved-anew", "wrapping", out.getvalue(), INVALID)
    add("truncated", "cut", signed[:-30], None)
    add("before", "cut", b"\n" + signed, None)
    with pikepdf.open(io.BytesIO(plain)) as opened:
        out = io.BytesIO()
        opened.save(out, encryption=pikepdf.Encryption(owner="a", user=""))
    add("not-signed", "not-signed", plain, "none")


# ---------------------------------------------------------------- judging

def takes(pdf, crls):
    """Whether pyHanko takes every signature of a file."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        kwargs = dict(trust_roots=[WORLD.root.asn1], crls=crls, moment=datetime.datetime.now(datetime.timezone.utc),
                      revocation_mode="require", allow_fetching=False, retroactive_revinfo=True)
        try:
            context = lambda: DocumentSecurityStore.read_dss(reader).as_validation_context(dict(kwargs))
            context()
        except Exception:
            context = lambda: ValidationContext(**kwargs)
        embedded = reader.embedded_signatures
        for one in embedded:
            if one.sig_object_type == "/DocTimeStamp":
                status = validate_pdf_timestamp(one, context())
            else:
                status = validate_pdf_signature(one, context(), context(), key_usage_settings=USES)
            fine = getattr(status, "bottom_line", status.valid and status.intact and status.trusted)
            if not fine:
                return False
        return bool(embedded)
    except Exception:
        return False


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "anchor.pem").write_bytes(WORLD.root.pem)
    written, lists = [], {}

    def add(name, family, pdf, wanted, crls=None, alone=False):
        (folder / f"{name}.pdf").write_bytes(pdf)
        crls = WORLD.crls if crls is None else crls
        names = []
        for one in crls:
            names.append(lists.setdefault(one, f"{len(lists)}.crl"))
            (folder / names[-1]).write_bytes(one)
        written.append(dict(name=name, family=family, file=f"{name}.pdf", wanted=wanted, crls=names,
                            pyhanko=None if alone else takes(pdf, crls)))

    for part in (good, certificates, messages, increments, ranges):
        part(add)
    (folder / "list.json").write_text(json.dumps({"at": datetime.datetime.now(datetime.timezone.utc).isoformat(), "files": written}))


main()
