"""Writes one page of Vietnamese text as other programs make it: PDF, docx, a picture of a scan.

    scans.py FOLDER PDF_LINE DOCX_LINE PICTURE_LINE
"""

import sys
from pathlib import Path

import docx
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
folder, in_pdf, in_docx, in_picture = Path(sys.argv[1]), *sys.argv[2:5]
folder.mkdir(parents=True, exist_ok=True)

pdf = FPDF()
pdf.add_page()
pdf.add_font("DejaVu", fname=FONT)
pdf.set_font("DejaVu", size=14)
pdf.multi_cell(0, 10, in_pdf)
pdf.output(str(folder / "van-ban.pdf"))

text = docx.Document()
text.add_paragraph(in_docx)
text.save(str(folder / "van-ban.docx"))

picture = Image.new("RGB", (1800, 400), "white")
ImageDraw.Draw(picture).text((60, 140), in_picture, fill="black", font=ImageFont.truetype(FONT, 56))
picture.save(folder / "ban-quet.png", dpi=(300, 300))
