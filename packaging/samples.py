#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the quickstart's sample files, and what is expected of each.

usage: samples.py FOLDER   (prints one line a file: name, expected verdict, a word its report must hold)

Every sample is made here: nothing downloaded, nothing that harms. The EICAR
test text is put together at run time, so that this file trips no scanner.
"""
import base64
import io
import os
import struct
import sys
import zipfile
import zlib

PHOTO = """
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4p
LSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09P
T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCABAAGADASIA
AhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQA
AAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3
ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWm
p6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEA
AwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSEx
BhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElK
U1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3
uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDz1Y6m
ij61YWD3qRY9nvmvajzQlzS2MIVbkSx0ix1aUe1SLB71Naftbcmtjsp1LFeKPrUyx1Ksez3zUij2
pRrxhHlk9TshUuVVjqeKPrU6we9SLHs981zR5oS5pbHbCrciWOkWOrSj2qRYPeprT9rbk1sddOpY
rxR9anWOpVj2e+akUe1TGvGEeWT1OyFS5hLHStH0qZY6mij61s8R7X3Nrn5nTqWKqx1ZWOp1jpFj
rNz9h53O2FS5E0fSnLHVqKPrUyx1m17X372udkKtiusdOaPpUqx1NFH1rN4j2vubXOynUsVVjqys
dWFjpFjrNz9h53OyFS5E0fSlWOrUUfWpljrNr2vv3tc7KdWxzywe9PWPZ75q2sdK0fSuupywjzR3
PzOnVuV1HtUiwe9SrHVlY6whP2t+fWx2QqWKqx7PfNSKParDR9KVY6wqV5Qlyxeh206lyJYPepFj
2e+atLHTmj6U6nLCPNHc66dW5XUe1SLB71KsdWVjrGE/a359bHbCpYqrHs981Io9qnaPpTljrCpX
lCXLF6HZTqXOfWOp4o+tTrB71Isez3zXTHmhLmlsfmcKtyJY6RY6tKPapFg96mtP2tuTWx2U6liv
FH1qdY6lWPZ75qRR7VMa8YR5ZPU7IVLlVY6mij61YWD3qRY9nvmuaPNCXNLY7YVbkKx0ix1bUe1P
WD3pVp+1tya2OunUsQRR9amWOpVj2e+akUe1TGvGEeWT1OyFS5//2Q==
"""


def photo() -> bytes:
    """A small picture with an EXIF block that tells where it was taken, and a comment."""
    jpeg = base64.b64decode(PHOTO)
    gps = struct.pack("<HHHII", 1, 1, 2, 2, 0x4E)  # GPSLatitudeRef "N"
    ifd = struct.pack("<HHHIII", 1, 0x8825, 4, 1, 26, 0)
    tiff = b"II*\0" + struct.pack("<I", 8) + ifd + gps + struct.pack("<I", 0)
    exif = b"Exif\0\0" + tiff
    comment = "撮影者: 山田太郎".encode()
    return (jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
            + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:])


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture() -> bytes:
    """A PNG of 64 x 48 pixels."""
    rows = b"".join(b"\0" + bytes((x * 4 & 255, y * 5 & 255, 128)[i] for x in range(64) for i in range(3))
                    for y in range(48))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def active_pdf() -> bytes:
    """One page of text that runs a script when it is opened."""
    page = b"BT /F1 24 Tf 72 720 Td (Sekimori quickstart) Tj ET"
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\('hello'\\)) >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = io.BytesIO(), []
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    for number, body in enumerate(bodies, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start))
    return out.getvalue()


def archive() -> bytes:
    """A ZIP as staff get them by mail: names in Shift_JIS, no UTF-8 flag."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in (("資料/議事録.txt", "第一回 会議の記録\r\n".encode("cp932")), ("資料/写真.jpg", photo())):
            info = zipfile.ZipInfo("x" * len(name.encode("cp932")))
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, data)
    raw = out.getvalue()
    for name in ("資料/議事録.txt", "資料/写真.jpg"):
        coded = name.encode("cp932")
        raw = raw.replace(b"x" * len(coded) + b"PK", coded + b"PK").replace(b"x" * len(coded), coded)
    return raw


def bomb() -> bytes:
    """64 MB of zeros in 64 KB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("zeros.txt", bytes(64 << 20))
    return out.getvalue()


def eicar() -> bytes:
    return ("X5O!P%@AP[4" + "\\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS" + "-TEST-FILE!$H+H*").encode()


SAMPLES = [
    ("お知らせ.txt", "これは安全な文書です。\r\n関守が無害化して受け渡します。\r\n".encode("cp932"), "released", ""),
    ("名簿.csv", "氏名,備考\r\n山田,=HYPERLINK(\"http://example.invalid\")\r\n鈴木,-12.5\r\n".encode("cp932"),
     "released", "formula"),
    ("写真.jpg", photo(), "released", "metadata"),
    ("図.png", picture(), "released", ""),
    ("動く文書.pdf", active_pdf(), "released", "script"),
    ("資料.zip", archive(), "released", "metadata"),
    ("ウイルス検査.txt", eicar(), "blocked", "infected"),
    ("不明.dat", bytes((i * 197 + 31) & 255 for i in range(4096)), "held", "unknown-type"),
    ("爆弾.zip", bomb(), "held", "limit-ratio"),
]


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for name, data, verdict, word in SAMPLES:
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(data)
        print(f"{name}\t{verdict}\t{word}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
